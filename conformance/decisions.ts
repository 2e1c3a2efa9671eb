// What is known of single files: why one cannot run here, what it wants beforehand, and where it ends otherwise than well.
// Everything else must be accepted, and every run in it must succeed.

export interface Decision {
  /** Matches the name of a file: `tekton-v1/taskruns/dind-sidecar.yaml`. */
  files: RegExp;
  /** Why no machine without the internet, or without a cluster, can run it. */
  blocked?: string;
  /** Objects that the file takes for granted: made first. `NAMESPACE` stands for the one that the file is run in. */
  beforehand?: string;
  /** Labels that it wants on a node, such as `disk=ssd`. */
  nodeLabels?: string;
  /** `False/CouldntGetTask`: the status and reason of each run; what a real Tekton ends with too. */
  ends?: readonly string[];
  /** What kubectl says when the API refuses a document of the file, as the one of Tekton does. */
  refuses?: RegExp;
  why?: string;
  /** Why the recording of a real Tekton is of something else: what was missing where it was made. */
  unrecorded?: string;
}

const TOKEN = `
apiVersion: v1
kind: Secret
metadata: { name: my-secret-token, namespace: NAMESPACE }
stringData: { token: a-token }
`;

const CLUSTER_TASK = `
apiVersion: v1
kind: Namespace
metadata: { name: namespace-containing-task }
---
apiVersion: tekton.dev/v1
kind: Task
metadata: { name: some-task, namespace: namespace-containing-task }
spec: { steps: [{ image: alpine, script: echo from another namespace }] }
`;

/** The first row that matches a file. */
export const DECISIONS: readonly Decision[] = [
  {
    files: /tekton-v1\/pipelineruns\/pipelinerun\.yaml/,
    blocked: 'builds an image from an image of a registry, which kaniko pulls',
  },
  { files: /dind-sidecar/, blocked: 'runs a Docker daemon: a privileged pod and images from a registry' },
  {
    files: /authenticating-git-commands/,
    blocked: 'starts the SSH server of its image, which wants the accounts and the configuration in it',
  },
  {
    files: /git-ssh-creds-without-known_hosts/,
    blocked: 'fetches from `github.com` over SSH, and takes the key of whatever answers there for granted',
  },
  {
    files: /tekton-v0\.10\/taskruns\/sidecar-ready/,
    blocked: 'its readiness probe takes 5 s and may take 1 s, which Kubernetes did not enforce before 1.20',
  },
  { files: /windows-node/, blocked: 'wants a node that runs Windows' },
  { files: /csi-workspace/, blocked: 'wants the CSI driver of a secrets store on the node' },
  {
    files: /git-volume/,
    blocked: 'names a commit of another project by its hash, in a volume that Kubernetes has removed (`gitRepo`)',
  },
  {
    files: /no-ci\/(hub|git)-resolver\.yaml/,
    blocked: 'misspells the claim that it makes, and its pipeline wants three more tasks and a builder image',
  },
  {
    files: /compressed-results/,
    refuses: /non-existent variable/,
    ends: ['False/CouldntGetTask'],
    why: 'its script puts the name of a variable together at run time, which Tekton refuses too',
  },
  { files: /pipelinerun-taskrunspecs/, nodeLabels: 'disktype=ssd' },
  { files: /git-resolver-custom-secret/, beforehand: TOKEN, unrecorded: 'the secret' },
  { files: /git-resolver-custom-|http-resolver/, beforehand: TOKEN, unrecorded: 'our task of that name' },
  { files: /cluster-resolver/, beforehand: CLUSTER_TASK, unrecorded: 'the task in the other namespace' },
  { files: /step-stream-(results|workspace)/, unrecorded: 'the image of crane' },
  { files: /docker-creds|pull-private-image/, unrecorded: 'the image of skopeo' },
  {
    files: /git-basic-auth-multiple-repos/,
    blocked: 'has `<username>` and `<password>` to be filled in, for repositories of one’s own',
  },
  { files: /default-workspaces/, unrecorded: 'the setting of a default workspace' },
  { files: /build-push-kaniko/, blocked: 'builds an image with kaniko, from an image of a registry' },
  {
    files: /tekton-v1alpha1\/pipelineruns\/pipelinerun\.yaml/,
    blocked: 'builds two images from images of a registry, and deploys them to the cluster that it runs in',
  },
  { files: /cloud-event/, blocked: 'sends to a pod behind a Service: wants a platform in the network of a cluster' },
  {
    files: /no-ci\/pipeline-timeout/,
    ends: ['False/Failed'],
    why: 'its command is `sleep 90s` as one word, which no image has',
  },
];

export function decisionFor(name: string): Decision | undefined {
  return DECISIONS.find(({ files }) => files.test(name));
}
