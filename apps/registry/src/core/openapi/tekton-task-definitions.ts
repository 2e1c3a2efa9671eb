// tekton.dev, as far as a task and its run go. What v1 dropped (`resources` of 2020, container fields of steps) is still
// a field of every version: it is stored, and what can be read can be written back.

export const TASK_DEFINITIONS = `
== Task: Task represents a collection of sequential steps that are run as part of a Pipeline using a set of inputs and producing a set of outputs.
apiVersion string          APIVersion defines the versioned schema of this representation of an object.
kind       string          Kind is a string value representing the REST resource this object represents.
metadata   meta.ObjectMeta Standard object's metadata.
spec       TaskSpec        Spec holds the desired state of the Task from the client

== ClusterTask: ClusterTask is a Task with a cluster scope, referred to with "kind: ClusterTask" from every namespace.
apiVersion string          APIVersion defines the versioned schema of this representation of an object.
kind       string          Kind is a string value representing the REST resource this object represents.
metadata   meta.ObjectMeta Standard object's metadata.
spec       TaskSpec        Spec holds the desired state of the Task from the client

== TaskSpec: TaskSpec defines the desired state of Task.
params       []ParamSpec            Params is a list of input parameters required to run the task. Params must be supplied as inputs in TaskRuns unless they declare a default value.
displayName  string                 DisplayName is a user-facing name of the task that may be used to populate a UI.
description  string                 Description is a user-facing description of the task that may be used to populate a UI.
steps        []Step                 Steps are the steps of the build; each step is run sequentially with the source mounted into /workspace.
volumes      []core.Volume          Volumes is a collection of volumes that are available to mount into the steps of the build.
stepTemplate StepTemplate           StepTemplate can be used as the basis for all step containers within the Task, so that the steps inherit settings on the base container.
sidecars     []Sidecar              Sidecars are run alongside the Task's step containers. They begin before the steps start and end after the steps complete.
workspaces   []WorkspaceDeclaration Workspaces are the volumes that this Task requires.
results      []TaskResult           Results are values that this Task can output
resources    TaskResources          Resources are the PipelineResources of 2020 that the task takes and makes. Tekton removed them in 2023.
@v1alpha1 inputs  TaskInputs        Inputs is an optional set of parameters and resources which must be supplied by the user when a Task is executed by a TaskRun. The form of early 2020.
@v1alpha1 outputs TaskOutputs       Outputs is an optional set of resources and results produced when this Task is run. The form of early 2020.

== TaskInputs: TaskInputs are the parameters and resources that a task takes.
params    []ParamSpec    Params is a list of input parameters required to run the task.
resources []TaskResource Resources is a list of the input resources required to run the task.

== TaskOutputs: TaskOutputs are the resources and results that a task makes.
resources []TaskResource Resources is a list of the output resources required to run the task.
results   []TestResult   Results are the results of running tests.

== TestResult: TestResult names a file of test results.
name!  string Name declares the name by which a result is referenced in the Task's definition.
format string Format of the results.
path   string Path is the location of the file.

== TaskResources: TaskResources are the PipelineResources that a task takes and makes.
inputs  []TaskResource Inputs holds the mapping from the PipelineResources declared in DeclaredPipelineResources to the input PipelineResources required by the Task.
outputs []TaskResource Outputs holds the mapping from the PipelineResources declared in DeclaredPipelineResources to the output PipelineResources required by the Task.
results []TestResult   Results are the results of running tests, which nothing reads any more.

== TaskResource: TaskResource defines an input or output resource declared as a requirement by a Task.
name!       string  Name declares the name by which a resource is referenced in the definition.
type!       string  Type is the type of this resource: git, image, pullRequest, cluster, storage, cloudEvent.
description string  Description is a user-facing description of the declared resource that may be used to populate a UI.
targetPath  string  TargetPath is the path in workspace directory where the resource will be copied.
optional    boolean Optional declares the resource as optional. By default optional is set to false which makes a resource required.

== ParamSpec: ParamSpec defines arbitrary parameters needed beyond typed inputs (such as resources). Parameter values are provided by users as inputs on a TaskRun or PipelineRun.
name!       string              Name declares the name by which a parameter is referenced.
type        string              Type is the user-specified type of the parameter. The possible types are currently "string", "array" and "object", and "string" is the default.
description string              Description is a user-facing description of the parameter that may be used to populate a UI.
properties  map[]PropertySpec   Properties is the JSON Schema properties to support key-value pairs parameter.
default     paramValue          Default is the value a parameter takes if no input value is supplied.
enum        []string            Enum declares a set of allowed param input values for tasks/pipelines that can be validated. If Enum is not set, no input validation is performed for the param.

== PropertySpec: PropertySpec defines the struct for object keys
type string Type of the value of the key; only "string" is allowed.

== Param: Param declares an ParamValues to use for the parameter called name.
name!  string     Name of the parameter.
value! paramValue Value of the parameter: a string, a list of strings or an object of strings.

== TaskResult: TaskResult used to describe the results of a task
name!       string            Name the given name
type        string            Type is the user-specified type of the result. The possible type is currently "string" and will support "array" in following work.
description string            Description is a human-readable description of the result
properties  map[]PropertySpec Properties is the JSON Schema properties to support key-value pairs results.
value       paramValue        Value the expression used to retrieve the value of the result from an underlying Step.

== StepResult: StepResult used to describe the Results of a Step.
name!       string            Name the given name
type        string            The possible types are 'string', 'array', and 'object', with 'string' as the default.
description string            Description is a human-readable description of the result
properties  map[]PropertySpec Properties is the JSON Schema properties to support key-value pairs results.

== WorkspaceDeclaration: WorkspaceDeclaration is a declaration of a volume that a Task requires.
name!       string  Name is the name by which you can bind the volume at runtime.
description string  Description is an optional human readable description of this volume.
mountPath   string  MountPath overrides the directory that the volume will be made available at.
readOnly    boolean ReadOnly dictates whether a mounted volume is writable. By default this field is false and so mounted volumes are writable.
optional    boolean Optional marks a Workspace as not being required in TaskRuns. By default this field is false and so declared workspaces are required.

== WorkspaceUsage: WorkspaceUsage is used by a Step or Sidecar to declare that it wants isolated access to a Workspace defined in a Task.
name!     string Name is the name of the workspace this Step or Sidecar wants access to.
mountPath string MountPath is the path that the workspace should be mounted to inside the Step or Sidecar, overriding any MountPath specified in the Task's WorkspaceDeclaration.

== StepOutputConfig: StepOutputConfig stores configuration for a step output stream.
path string Path to duplicate stdout stream to on container's local filesystem.

== Step: Step runs a subcomponent of a Task
name                     string                    Name of the Step specified as a DNS_LABEL. Each Step in a Task must have a unique name.
displayName              string                    DisplayName is a user-facing name of the step that may be used to populate a UI.
image                    string                    Docker image name.
command                  []string                  Entrypoint array. Not executed within a shell. The image's ENTRYPOINT is used if this is not provided.
args                     []string                  Arguments to the entrypoint. The image's CMD is used if this is not provided.
script                   string                    Script is the contents of an executable file to execute. If Script is not empty, the Step cannot have an Command and the Args will be passed to the Script.
workingDir               string                    Step's working directory. If not specified, the container runtime's default will be used, which might be configured in the container image.
env                      []core.EnvVar             List of environment variables to set in the Step.
envFrom                  []core.EnvFromSource      List of sources to populate environment variables in the Step.
@v1 computeResources     core.ResourceRequirements ComputeResources required by this Step.
@v1beta1,v1alpha1 resources core.ResourceRequirements Compute Resources required by this Step.
volumeMounts             []core.VolumeMount        Volumes to mount into the Step's filesystem.
volumeDevices            []core.VolumeDevice       volumeDevices is the list of block devices to be used by the Step.
imagePullPolicy          string                    Image pull policy. One of Always, Never, IfNotPresent. Defaults to Always if :latest tag is specified, or IfNotPresent otherwise.
securityContext          core.SecurityContext      SecurityContext defines the security options the Step should be run with.
timeout                  duration                  Timeout is the time after which the step times out. Defaults to never. Refer to Go's ParseDuration documentation for expected format.
workspaces               []WorkspaceUsage          This is an alpha field. Workspaces is a list of workspaces from the Task that this Step wants exclusive access to.
onError                  string                    OnError defines the exiting behavior of a container on error: "continue" or "stopAndFail".
stdoutConfig             StepOutputConfig          Stores configuration for the stdout stream of the step.
stderrConfig             StepOutputConfig          Stores configuration for the stderr stream of the step.
ref                      ObjectRef                 Contains the reference to an existing StepAction.
params                   []Param                   Params declares parameters passed to this step action.
results                  []StepResult              Results declares StepResults produced by the Step.
when                     []WhenExpression          When is a list of when expressions that need to be true for the task to run
ports                    []core.ContainerPort      Deprecated: This field will be removed in a future release. List of ports to expose from the Step's container.
livenessProbe            core.Probe                Deprecated: This field will be removed in a future release. Periodic probe of container liveness.
readinessProbe           core.Probe                Deprecated: This field will be removed in a future release. Periodic probe of container service readiness.
startupProbe             core.Probe                Deprecated: This field will be removed in a future release.
lifecycle                core.Lifecycle            Deprecated: This field will be removed in a future release. Actions that the management system should take in response to container lifecycle events.
terminationMessagePath   string                    Deprecated: This field will be removed in a future release and can't be meaningfully used.
terminationMessagePolicy string                    Deprecated: This field will be removed in a future release and can't be meaningfully used.
stdin                    boolean                   Deprecated: This field will be removed in a future release.
stdinOnce                boolean                   Deprecated: This field will be removed in a future release.
tty                      boolean                   Deprecated: This field will be removed in a future release.

== StepTemplate: StepTemplate is a template for a Step
name                     string                    Deprecated: This field will be removed in a future release.
image                    string                    Image reference name.
command                  []string                  Entrypoint array. Not executed within a shell.
args                     []string                  Arguments to the entrypoint.
workingDir               string                    Step's working directory.
env                      []core.EnvVar             List of environment variables to set in the Step.
envFrom                  []core.EnvFromSource      List of sources to populate environment variables in the Step.
@v1 computeResources     core.ResourceRequirements ComputeResources required by this Step.
@v1beta1,v1alpha1 resources core.ResourceRequirements Compute Resources required by this Step.
volumeMounts             []core.VolumeMount        Volumes to mount into the Step's filesystem.
volumeDevices            []core.VolumeDevice       volumeDevices is the list of block devices to be used by the Step.
imagePullPolicy          string                    Image pull policy. One of Always, Never, IfNotPresent.
securityContext          core.SecurityContext      SecurityContext defines the security options the Step should be run with.
ports                    []core.ContainerPort      Deprecated: This field will be removed in a future release.
livenessProbe            core.Probe                Deprecated: This field will be removed in a future release.
readinessProbe           core.Probe                Deprecated: This field will be removed in a future release.
startupProbe             core.Probe                Deprecated: This field will be removed in a future release.
lifecycle                core.Lifecycle            Deprecated: This field will be removed in a future release.
terminationMessagePath   string                    Deprecated: This field will be removed in a future release.
terminationMessagePolicy string                    Deprecated: This field will be removed in a future release.
stdin                    boolean                   Deprecated: This field will be removed in a future release.
stdinOnce                boolean                   Deprecated: This field will be removed in a future release.
tty                      boolean                   Deprecated: This field will be removed in a future release.

== Sidecar: Sidecar has nearly the same data structure as Step but does not have the ability to timeout.
name                     string                    Name of the Sidecar specified as a DNS_LABEL. Each Sidecar in a Task must have a unique name.
image                    string                    Image reference name.
command                  []string                  Entrypoint array. Not executed within a shell.
args                     []string                  Arguments to the entrypoint.
script                   string                    Script is the contents of an executable file to execute. If Script is not empty, the Step cannot have an Command or Args.
workingDir               string                    Sidecar's working directory.
env                      []core.EnvVar             List of environment variables to set in the Sidecar.
envFrom                  []core.EnvFromSource      List of sources to populate environment variables in the Sidecar.
ports                    []core.ContainerPort      List of ports to expose from the Sidecar.
@v1 computeResources     core.ResourceRequirements ComputeResources required by this Sidecar.
@v1beta1,v1alpha1 resources core.ResourceRequirements Compute Resources required by this Sidecar.
volumeMounts             []core.VolumeMount        Volumes to mount into the Sidecar's filesystem.
volumeDevices            []core.VolumeDevice       volumeDevices is the list of block devices to be used by the Sidecar.
imagePullPolicy          string                    Image pull policy. One of Always, Never, IfNotPresent.
securityContext          core.SecurityContext      SecurityContext defines the security options the Sidecar should be run with.
livenessProbe            core.Probe                Periodic probe of Sidecar liveness.
readinessProbe           core.Probe                Periodic probe of Sidecar service readiness. Steps start when it succeeds.
startupProbe             core.Probe                StartupProbe indicates that the Pod the Sidecar is running in has successfully initialized.
lifecycle                core.Lifecycle            Actions that the management system should take in response to Sidecar lifecycle events.
terminationMessagePath   string                    Path at which the file to which the Sidecar's termination message will be written is mounted into the Sidecar's filesystem.
terminationMessagePolicy string                    Indicate how the termination message should be populated.
stdin                    boolean                   Whether this Sidecar should allocate a buffer for stdin in the container runtime.
stdinOnce                boolean                   Whether the container runtime should close the stdin channel after it has been opened by a single attach.
tty                      boolean                   Whether this Sidecar should allocate a TTY for itself.
workspaces               []WorkspaceUsage          Workspaces is a list of workspaces from the Task that this Sidecar wants exclusive access to.
restartPolicy            string                    RestartPolicy refers to kubernetes RestartPolicy. It can only be set for an initContainer and must have its policy set to "Always".

== ObjectRef: ObjectRef refers to a Task, Pipeline or StepAction by name, or to a remote one by a resolver and its params.
name       string  Name of the referent.
kind       string  Kind of the referent: Task (default), ClusterTask, or the kind of a custom task.
apiVersion string  API version of the referent. Set for custom tasks only.
resolver   string  Resolver is the name of the resolver that should perform resolution of the referenced Tekton resource, such as "git".
params     []Param Params contains the parameters used to identify the referenced Tekton resource.
@v1beta1,v1alpha1 bundle string Deprecated: Please use ResolverRef with the bundles resolver instead.

== TaskRun: TaskRun represents a single execution of a Task. TaskRuns are how the steps specified in a Task are executed.
apiVersion string          APIVersion defines the versioned schema of this representation of an object.
kind       string          Kind is a string value representing the REST resource this object represents.
metadata   meta.ObjectMeta Standard object's metadata.
spec       TaskRunSpec     Spec says which task runs, and with what.
status     TaskRunStatus   Status says how far the run is. Written by the platform.

== TaskRunSpec: TaskRunSpec defines the desired state of TaskRun
taskRef            ObjectRef                 TaskRef refers to the task to run. No more than one of the TaskRef and TaskSpec may be specified.
taskSpec           TaskSpec                  TaskSpec is the task to run, inline.
params             []Param                   Params are the values of the task's parameters.
serviceAccountName string                    ServiceAccountName is the account whose secrets become credentials of the steps. Default: default.
status             string                    Used for cancelling a TaskRun: TaskRunCancelled. TaskRunPending holds it back until it is cleared.
statusMessage      string                    Status message for cancellation.
retries            integer                   Retries represents how many times this TaskRun should be retried in the event of task failure.
timeout            duration                  Time after which one retry attempt times out. Defaults to 1 hour. 0 means no limit.
podTemplate        PodTemplate               PodTemplate holds pod specific configuration
workspaces         []WorkspaceBinding        Workspaces is a list of WorkspaceBindings from volumes to workspaces.
@v1 stepSpecs      []TaskRunStepSpec         Specs to apply to Steps in this TaskRun. If a field is specified in both a Step and a StepSpec, the value from the StepSpec will be used.
@v1 sidecarSpecs   []TaskRunSidecarSpec      Specs to apply to Sidecars in this TaskRun.
@v1beta1,v1alpha1 stepOverrides    []StepOverride Overrides to apply to Steps in this TaskRun.
@v1beta1,v1alpha1 sidecarOverrides []StepOverride Overrides to apply to Sidecars in this TaskRun.
computeResources   core.ResourceRequirements Compute resources to use for this TaskRun
debug              TaskRunDebug              Debug sets breakpoints.
managedBy          string                    ManagedBy indicates which controller is responsible for reconciling this resource. Immutable. Default: tekton.dev/pipeline.
resources          TaskRunResources          Resources binds the PipelineResources of 2020 that the task declares.
@v1alpha1 inputs         TaskRunInputs       Inputs are the parameters and resources of the run. The form of early 2020.
@v1alpha1 outputs        TaskRunOutputs      Outputs are the resources that the run makes. The form of early 2020.
@v1alpha1 serviceAccount string              Deprecated: use serviceAccountName.
@v1alpha1 trigger        any                 Ignored: who started the run, in the form of 2019.
@v1alpha1 results        any                 Ignored: where results were stored, in the form of 2019.

== TaskRunStepSpec: TaskRunStepSpec is used to override the values of a Step in the corresponding Task.
name!            string                    The name of the Step to override.
computeResources core.ResourceRequirements The resource requirements to apply to the Step.

== TaskRunSidecarSpec: TaskRunSidecarSpec is used to override the values of a Sidecar in the corresponding Task.
name!            string                    The name of the Sidecar to override.
computeResources core.ResourceRequirements The resource requirements to apply to the Sidecar.

== StepOverride: StepOverride overrides the compute resources of a Step or Sidecar of the task.
name!     string                    The name of the Step or Sidecar to override.
resources core.ResourceRequirements The resource requirements to apply.

== TaskRunDebug: TaskRunDebug defines the breakpoint config for a particular TaskRun
breakpoints TaskBreakpoints Breakpoints of the run.
breakpoint  []string        Deprecated: use breakpoints.

== TaskBreakpoints: TaskBreakpoints defines the breakpoint config for a particular Task
onFailure   string   If enabled, pause TaskRun on failure of a step: "enabled".
beforeSteps []string BeforeSteps names the steps before which the TaskRun pauses.

== TaskRunResources: TaskRunResources binds the PipelineResources that a task takes and makes.
inputs  []ResourceBinding Inputs holds the inputs resources this task was invoked with
outputs []ResourceBinding Outputs holds the inputs resources this task was invoked with

== TaskRunInputs: TaskRunInputs holds the input values that this task was invoked with.
params    []Param           Params are the values of the task's parameters.
resources []ResourceBinding Resources are the resources that the task takes.

== TaskRunOutputs: TaskRunOutputs holds the output values that this task was invoked with.
params    []Param           Params are ignored.
resources []ResourceBinding Resources are the resources that the task makes.

== ResourceBinding: ResourceBinding connects a reference to an instance of a PipelineResource with a PipelineResource dependency that a Task or Pipeline has declared
name         string               Name is the name of the PipelineResource in the declaration
resourceRef  ResourceRef          ResourceRef is a reference to the instance of the actual PipelineResource that should be used
resourceSpec PipelineResourceSpec ResourceSpec is specification of a resource that should be created and consumed by the task
paths        []string             Paths will probably be removed in #1284, and then PipelineResourceBinding can be used instead.

== ResourceRef: ResourceRef refers to a PipelineResource by name.
name       string Name of the referent.
apiVersion string API version of the referent.

== PipelineResourceSpec: PipelineResourceSpec defines an individual resources used in the pipeline.
type!       string                Type is the type of this resource: git, image, pullRequest, cluster, storage, cloudEvent.
description string                Description is a user-facing description of the resource that may be used to populate a UI.
params      []ResourceParam       Params of the resource, which depend on its type: url and revision of git, url of image.
secrets     []SecretParam         Secrets to fetch to populate some of resource fields
optional    boolean               Optional marks the resource as not required.

== ResourceParam: ResourceParam declares a string value to use for the parameter called Name.
name!  string Name of the parameter.
value! string Value of the parameter.

== SecretParam: SecretParam indicates which secret can be used to populate a field of the resource
fieldName!  string Name of the field.
secretName! string Name of the secret.
secretKey!  string Key in the secret.
`;
