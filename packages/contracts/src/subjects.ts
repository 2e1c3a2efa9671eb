// The subjects of the bus, in one place. `docs/subjects.md` shows them; a test holds the two together.

import type { ObjectKey, ResourceName } from './kube.js';
import { subjectToken } from './names.js';
import type { LeasedService } from './store-protocol.js';

/** Subject of one change: `change.<shard>.<resource>.<namespace>.<name>`. */
export function changeSubject(shard: number, key: ObjectKey): string {
  return ['change', shard, subjectToken(key.resource), subjectToken(key.namespace), subjectToken(key.name)].join('.');
}

/** The subjects of all changes of one kind of object. */
export function changesOf(resource: ResourceName): string {
  return `change.*.${subjectToken(resource)}.>`;
}

/** Subject of log chunks: `log.<shard>.<namespace>.<pod uid>.<container>`. */
export function logSubject(shard: number, namespace: string, podUid: string, container: string): string {
  return ['log', shard, subjectToken(namespace), subjectToken(podUid), subjectToken(container)].join('.');
}

/** Subject of the call to the replicas of a service to give a sign of life, because shards move: `leases.<service>`. */
export function leasesSubject(service: LeasedService): string {
  return `leases.${service}`;
}

/** Where a message that nobody can handle is kept: `dead.<consumer>.<original subject>`. */
export function deadLetterSubject(consumer: string, subject: string): string {
  return `dead.${consumer}.${subject}`;
}
