// `npm run nats:users`: the rights of the services' users, from their table into the manifests.

import { writeFileSync } from 'node:fs';
import { usersConfig } from '@slipway/bus';

writeFileSync('deploy/kubernetes/nats/users.conf', usersConfig());
