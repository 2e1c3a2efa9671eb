export function kustomized(folder: string): KubernetesObject[];
export function chartFiles(root: string): Record<string, string>;

export interface KubernetesObject {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string };
}
