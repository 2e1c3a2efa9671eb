export { ClusterClient, type RequestOptions } from './client.js';
export { followCollection, type CollectionFollower } from './follow-collection.js';
export { followObject, type ObjectPath } from './follow-object.js';
export { loadAccess, type ClusterAccess } from './access.js';
