export { loadAccess, type ClusterAccess } from './access.js';
export { ClusterClient, type RequestOptions } from './client.js';
export { followObject, type ObjectPath } from './follow-object.js';
