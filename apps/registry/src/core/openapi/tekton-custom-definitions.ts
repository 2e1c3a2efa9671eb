// tekton.dev, continued: step actions, and runs of custom tasks. Both came after v1 and never had a version of that name.

export const CUSTOM_DEFINITIONS = `
== StepAction: StepAction represents the actionable components of Step. The Step can only reference it from the cluster or using remote resolution.
apiVersion string          APIVersion defines the versioned schema of this representation of an object.
kind       string          Kind is a string value representing the REST resource this object represents.
metadata   meta.ObjectMeta Standard object's metadata.
spec       StepActionSpec  Spec holds the desired state of the Step from the client

== StepActionSpec: StepActionSpec contains the actionable components of a step.
description     string               Description is a user-facing description of the stepaction that may be used to populate a UI.
image           string               Image reference name to run for this StepAction.
command         []string             Entrypoint array. Not executed within a shell. The image's ENTRYPOINT is used if this is not provided.
args            []string             Arguments to the entrypoint. The image's CMD is used if this is not provided.
env             []core.EnvVar        List of environment variables to set in the container.
script          string               Script is the contents of an executable file to execute. If Script is not empty, the Step cannot have an Command and the Args will be passed to the Script.
workingDir      string               Step's working directory. If not specified, the container runtime's default will be used.
params          []ParamSpec          Params is a list of input parameters required to run the stepAction. Params must be supplied as inputs in Steps unless they declare a default value.
results         []StepResult         Results are values that this StepAction can output
securityContext core.SecurityContext SecurityContext defines the security options the Step should be run with.
volumeMounts    []core.VolumeMount   Volumes to mount into the Step's filesystem.

== CustomRun: CustomRun represents a single execution of a Custom Task.
apiVersion string          APIVersion defines the versioned schema of this representation of an object.
kind       string          Kind is a string value representing the REST resource this object represents.
metadata   meta.ObjectMeta Standard object's metadata.
spec       CustomRunSpec   Spec says which custom task runs, and with what.
status     CustomRunStatus Status says how far the run is. Written by the controller of the custom task.

== CustomRunSpec: CustomRunSpec defines the desired state of CustomRun
customRef          ObjectRef             CustomRef refers to the custom task by apiVersion, kind and name.
customSpec         EmbeddedCustomRunSpec CustomSpec is a specification of a custom task
params             []Param               Params are the values of the custom task's parameters.
status             string                Used for cancelling a customrun: RunCancelled.
statusMessage      string                Status message for cancellation.
retries            integer               Used for propagating retries count to custom tasks
serviceAccountName string                ServiceAccountName is the account that the custom task acts for. Default: default.
timeout            duration              Time after which the custom-task times out. Defaults to 1 hour. 0 means no limit.
workspaces         []WorkspaceBinding    Workspaces is a list of WorkspaceBindings from volumes to workspaces.

== EmbeddedCustomRunSpec: EmbeddedCustomRunSpec allows custom task definitions to be embedded
apiVersion string               APIVersion of the custom task.
kind       string               Kind of the custom task.
metadata   PipelineTaskMetadata Labels and annotations of the run.
spec       any                  Spec is a specification of a custom task

== CustomRunResult: CustomRunResult used to describe the results of a task
name!  string Name the given name
value! string Value the given value of the result

== CustomRunStatus: CustomRunStatus defines the observed state of CustomRun.
conditions         []meta.Condition  Conditions the latest available observations of a resource's current state: Succeeded says what became of the run.
observedGeneration integer           ObservedGeneration is the 'Generation' of the object that was last processed by the controller.
annotations        map[]string       Annotations is additional Status fields for the Resource to save some additional State as well as convey more information to the user.
startTime          time              StartTime is the time the build is actually started.
completionTime     time              CompletionTime is the time the build completed.
results            []CustomRunResult Results reports any output result values to be consumed by later tasks in a pipeline.
retriesStatus      []CustomRunStatus RetriesStatus contains the history of CustomRunStatus, in case of a retry.
extraFields        any               ExtraFields holds arbitrary fields provided by the custom task controller.
`;
