// tekton.dev, continued: what runs are given beside their task, the status of TaskRuns, and the kinds of 2020.

export const RUN_DEFINITIONS = `
== PodTemplate: PodTemplate holds pod specific configuration
env                          []core.EnvVar                   List of environment variables that can be provided to the containers belonging to the pod.
nodeSelector                 map[]string                     NodeSelector is a selector which must be true for the pod to fit on a node.
tolerations                  []core.Toleration               If specified, the pod's tolerations.
affinity                     core.Affinity                   If specified, the pod's scheduling constraints.
securityContext              core.PodSecurityContext         SecurityContext holds pod-level security attributes and common container settings.
volumes                      []core.Volume                   List of volumes that can be mounted by containers belonging to the pod.
runtimeClassName             string                          RuntimeClassName refers to a RuntimeClass object in the node.k8s.io group, which should be used to run this pod.
automountServiceAccountToken boolean                         AutomountServiceAccountToken indicates whether pods running as this service account should have an API token automatically mounted.
dnsPolicy                    string                          Set DNS policy for the pod. Defaults to "ClusterFirst".
dnsConfig                    core.PodDNSConfig               Specifies the DNS parameters of a pod.
enableServiceLinks           boolean                         EnableServiceLinks indicates whether information about services should be injected into pod's environment variables.
priorityClassName            string                          If specified, indicates the pod's priority.
schedulerName                string                          SchedulerName specifies the scheduler to be used to dispatch the Pod
imagePullSecrets             []core.LocalObjectReference     ImagePullSecrets gives the name of the secret used by the pod to pull the image if specified
hostAliases                  []core.HostAlias                HostAliases is an optional list of hosts and IPs that will be injected into the pod's hosts file if specified.
hostNetwork                  boolean                         HostNetwork specifies whether the pod may use the node network namespace
hostUsers                    boolean                         HostUsers indicates whether the pod will use the host's user namespace.
topologySpreadConstraints    []core.TopologySpreadConstraint TopologySpreadConstraints controls how Pods are spread across your cluster among failure-domains.

== WorkspaceBinding: WorkspaceBinding maps a Task's declared workspace to a Volume.
name!                 string                                 Name is the name of the workspace populated by the volume.
subPath               string                                 SubPath is optionally a directory on the volume which should be used for this binding (i.e. the volume will be mounted at this sub directory).
volumeClaimTemplate   VolumeClaimTemplate                    VolumeClaimTemplate is a template for a claim that will be created in the same namespace. The run is its owner.
persistentVolumeClaim core.PersistentVolumeClaimVolumeSource PersistentVolumeClaimVolumeSource represents a reference to a PersistentVolumeClaim in the same namespace. Either this OR EmptyDir can be used.
emptyDir              core.EmptyDirVolumeSource              EmptyDir represents a temporary directory that shares a Task's lifetime.
configMap             core.ConfigMapVolumeSource             ConfigMap represents a configMap that should populate this workspace.
secret                core.SecretVolumeSource                Secret represents a secret that should populate this workspace.
projected             core.ProjectedVolumeSource             Projected represents a projected volume that should populate this workspace.
csi                   core.CSIVolumeSource                   CSI (Container Storage Interface) represents ephemeral storage that is handled by certain external CSI drivers.

== VolumeClaimTemplate: VolumeClaimTemplate is the claim that a run makes for itself.
apiVersion string                         APIVersion defines the versioned schema of this representation of an object.
kind       string                         Kind is a string value representing the REST resource this object represents.
metadata   meta.ObjectMeta                Name, labels and annotations of the claim.
spec       core.PersistentVolumeClaimSpec spec defines the desired characteristics of the volume.
status     core.PersistentVolumeClaimStatus Read-only.

== WhenExpression: WhenExpression allows a PipelineTask to declare expressions to be evaluated before the Task is run to determine whether the Task should be executed or skipped
input    string   Input is the string for guard checking which can be a static input or an output from a parent Task
operator string   Operator that represents an Input's relationship to the values: in or notin.
values   []string Values is an array of strings, which is compared against the input, for guard checking. It must be non-empty
cel      string   CEL is a string of Common Language Expression, which can be used to conditionally execute the task based on the result of the expression evaluation
@v1beta1,v1alpha1 Input    string   Deprecated spelling of input.
@v1beta1,v1alpha1 Operator string   Deprecated spelling of operator.
@v1beta1,v1alpha1 Values   []string Deprecated spelling of values.

== RunResult: RunResult is a value that a run reported.
name! string     Name the given name
type  string     Type is the type of the result: string, array or object.
value paramValue Value the given value of the result

== StepState: StepState reports the results of running a step in a Task.
name              string                        Name of the step.
container         string                        Name of the step's container.
imageID           string                        ImageID of the image that ran.
waiting           core.ContainerStateWaiting    Details about a waiting container
running           core.ContainerStateRunning    Details about a running container
terminated        core.ContainerStateTerminated Details about a terminated container
terminationReason string                        Completed, Error, Skipped, Continued, TimeoutExceeded, Cancelled or OOMKilled.
results           []RunResult                   Results that the step reported.
provenance        Provenance                    Where the definition of the step came from.
inputs            []object                      Artifacts that the step took.
outputs           []object                      Artifacts that the step made.

== SidecarState: SidecarState reports the results of running a sidecar in a Task.
name       string                        Name of the sidecar.
container  string                        Name of the sidecar's container.
imageID    string                        ImageID of the image that ran.
waiting    core.ContainerStateWaiting    Details about a waiting container
running    core.ContainerStateRunning    Details about a running container
terminated core.ContainerStateTerminated Details about a terminated container

== Provenance: Provenance contains metadata about resources used in the run such as the source from where a remote build definition was fetched.
refSource    RefSource RefSource identifies the source where a remote task/pipeline came from.
configSource RefSource Deprecated: Use RefSource instead
featureFlags object    FeatureFlags identifies the feature flags that were used during the run

== RefSource: RefSource contains the information that can uniquely identify where a remote built definition came from.
uri        string      URI indicates the identity of the source of the build definition.
digest     map[]string Digest is a collection of cryptographic digests for the contents of the artifact specified by URI.
entryPoint string      EntryPoint identifies the entry point into the build.

== ResourceResult: ResourceResult is what a PipelineResource reported: the commit of a git input, the digest of an image output.
key          string      Key of the value.
value        string      The value.
resourceName string      Name of the resource in the task.
resourceRef  ResourceRef The PipelineResource.
type         intOrString Kind of the value.

== TaskRunStatus: TaskRunStatus defines the observed state of TaskRun
conditions         []meta.Condition  Conditions the latest available observations of a resource's current state: Succeeded says what became of the run.
observedGeneration integer           ObservedGeneration is the 'Generation' of the object that was last processed by the controller.
annotations        map[]string       Annotations is additional Status fields for the Resource to save some additional State as well as convey more information to the user.
podName            string            PodName is the name of the pod responsible for executing this task's steps.
startTime          time              StartTime is the time the build is actually started.
completionTime     time              CompletionTime is the time the build completed.
steps              []StepState       Steps describes the state of each build step container.
sidecars           []SidecarState    The list has one entry per sidecar in the manifest. Each entry represents the imageid of the corresponding sidecar.
@v1 results        []RunResult       Results are the list of results written out by the task's containers
@v1beta1,v1alpha1 taskResults []RunResult TaskRunResults are the list of results written out by the task's containers
retriesStatus      []TaskRunStatus   RetriesStatus contains the history of TaskRunStatus in case of a retry in order to keep record of failures.
taskSpec           TaskSpec          TaskSpec contains the Spec from the dereferenced Task definition used to instantiate this TaskRun.
resourcesResult    []ResourceResult  Results from Resources built during the TaskRun.
artifacts          object            Artifacts are the list of artifacts written out by the task's containers
provenance         Provenance        Provenance contains some key authenticated metadata about how a software artifact was built (what sources, what inputs/outputs, etc.).
spanContext        map[]string       SpanContext contains tracing span context fields
cloudEvents        []object          CloudEvents describe the state of each cloud event requested via a CloudEventResource.

== PipelineResource: PipelineResource describes a resource that is an input to or output from a Task: a git repository, an image. Tekton removed it in 2023.
apiVersion string               APIVersion defines the versioned schema of this representation of an object.
kind       string               Kind is a string value representing the REST resource this object represents.
metadata   meta.ObjectMeta      Standard object's metadata.
spec       PipelineResourceSpec Spec holds the desired state of the PipelineResource from the client
status     object               Deprecated: it was never used.

== Condition: Condition declares a step that is used to gate the execution of a Task in a Pipeline. Replaced by when expressions.
apiVersion string          APIVersion defines the versioned schema of this representation of an object.
kind       string          Kind is a string value representing the REST resource this object represents.
metadata   meta.ObjectMeta Standard object's metadata.
spec       ConditionSpec   Spec holds the desired state of the Condition from the client

== ConditionSpec: ConditionSpec defines the desired state of the Condition
check       Step           Check declares container whose exit code determines where a condition is true or false
description string         Description is a user-facing description of the condition that may be used to populate a UI.
params      []ParamSpec    Params is an optional set of parameters which must be supplied by the user when a Condition is evaluated
resources   []TaskResource Resources is a list of the ConditionResources required to run the condition.
`;
