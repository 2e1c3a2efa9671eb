// `check-folders ROOT PATH…`: whether each path below ROOT is a folder, reached through no link that leads out.
#pragma once

int check_folders(char **argv);
