/** Finds a cluster, with what pods need in it; variables for whoever runs pods there. Ends the process when there is none. */
export function clusterEnvironment(root: string): Promise<Record<string, string>>;

/** Where the commands of a cluster on this machine are, if they are. */
export function toolsOf(root: string): string;
