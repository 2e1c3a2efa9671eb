// A file of its own, so that a bundle holds this one class and not the library's thousand models.
export { KubeConfig } from '@kubernetes/client-node';
