// tekton.dev, as far as a pipeline and its run go. `resources` and `conditions` of 2020 are fields of every version.

export const PIPELINE_DEFINITIONS = `
== Pipeline: Pipeline describes a list of Tasks to execute. It expresses how outputs of tasks feed into inputs of subsequent tasks.
apiVersion string          APIVersion defines the versioned schema of this representation of an object.
kind       string          Kind is a string value representing the REST resource this object represents.
metadata   meta.ObjectMeta Standard object's metadata.
spec       PipelineSpec    Spec holds the desired state of the Pipeline from the client
@v1alpha1 status object    Deprecated: it was never used.

== PipelineSpec: PipelineSpec defines the desired state of Pipeline.
displayName string                         DisplayName is a user-facing name of the pipeline that may be used to populate a UI.
description string                         Description is a user-facing description of the pipeline that may be used to populate a UI.
params      []ParamSpec                    Params declares a list of input parameters that must be supplied when this Pipeline is run.
tasks       []PipelineTask                 Tasks declares the graph of Tasks that execute when this Pipeline is run.
finally     []PipelineTask                 Finally declares the list of Tasks that execute just before leaving the Pipeline i.e. either after all Tasks are finished executing successfully or after a failure which would result in ending the Pipeline
workspaces  []PipelineWorkspaceDeclaration Workspaces declares a set of named workspaces that are expected to be provided by a PipelineRun.
results     []PipelineResult               Results are values that this pipeline can output once run
resources   []PipelineDeclaredResource     Resources declares the names and types of the PipelineResources of 2020 that the tasks of the pipeline take and make.

== PipelineWorkspaceDeclaration: PipelineWorkspaceDeclaration creates a named slot in a Pipeline that a PipelineRun is expected to populate with a workspace binding.
name!       string  Name is the name of a workspace to be provided by a PipelineRun.
description string  Description is a human readable string describing how the workspace will be used in the Pipeline.
optional    boolean Optional marks a Workspace as not being required in PipelineRuns. By default this field is false and so declared workspaces are required.

== PipelineResult: PipelineResult used to describe the results of a pipeline
name!       string     Name the given name
type        string     Type is the user-specified type of the result. The possible types are 'string', 'array', and 'object', with 'string' as the default.
description string     Description is a human-readable description of the result
value!      paramValue Value the expression used to retrieve the value

== PipelineDeclaredResource: PipelineDeclaredResource is used by a Pipeline to declare the types of the PipelineResources that it will required to run and names which can be used to refer to these PipelineResources in PipelineTaskResourceBindings.
name!    string  Name is the name that will be used by the Pipeline to refer to this resource.
type!    string  Type is the type of the PipelineResource.
optional boolean Optional declares the resource as optional.

== PipelineTask: PipelineTask defines a task in a Pipeline, passing inputs from both Params and from the output of previous tasks.
name         string                         Name is the name of this task within the context of a Pipeline. Name is used as a coordinate with the from and runAfter fields to establish the execution order of tasks relative to one another.
displayName  string                         DisplayName is the display name of this task within the context of a Pipeline. This display name may be used to populate a UI.
description  string                         Description is the description of this task within the context of a Pipeline.
taskRef      ObjectRef                      TaskRef is a reference to a task definition.
taskSpec     EmbeddedTask                   TaskSpec is a specification of a task
pipelineRef  ObjectRef                      PipelineRef is a reference to a pipeline definition
pipelineSpec PipelineSpec                   PipelineSpec is a specification of a pipeline
when         []WhenExpression               When is a list of when expressions that need to be true for the task to run
retries      integer                        Retries represents how many times this task should be retried in case of task failure: ConditionSucceeded set to False
runAfter     []string                       RunAfter is the list of PipelineTask names that should be executed before this Task executes. (Used to force a specific ordering in graph execution.)
params       []Param                        Parameters declares parameters passed to this task.
matrix       Matrix                         Matrix declares parameters used to fan out this task.
workspaces   []WorkspacePipelineTaskBinding Workspaces maps workspaces from the pipeline spec to the workspaces declared in the Task.
timeout      duration                       Duration after which the TaskRun times out. Defaults to 1 hour. Refer Go's ParseDuration documentation for expected format.
onError      string                         OnError defines the exiting behavior of a PipelineRun on error: continue or stopAndFail.
resources    PipelineTaskResources          Resources declares the PipelineResources of 2020 given to this task as inputs and outputs.
conditions   []PipelineTaskCondition        Conditions is a list of conditions of 2020 that need to be true for the task to run.

== EmbeddedTask: EmbeddedTask is used to define a Task inline within a Pipeline's PipelineTasks.
apiVersion   string                 API version of a custom task.
kind         string                 Kind of a custom task.
spec         any                    Spec is a specification of a custom task
metadata     PipelineTaskMetadata   Labels and annotations of the TaskRun.
params       []ParamSpec            Params is a list of input parameters required to run the task.
displayName  string                 DisplayName is a user-facing name of the task that may be used to populate a UI.
description  string                 Description is a user-facing description of the task that may be used to populate a UI.
steps        []Step                 Steps are the steps of the build; each step is run sequentially with the source mounted into /workspace.
volumes      []core.Volume          Volumes is a collection of volumes that are available to mount into the steps of the build.
stepTemplate StepTemplate           StepTemplate can be used as the basis for all step containers within the Task.
sidecars     []Sidecar              Sidecars are run alongside the Task's step containers.
workspaces   []WorkspaceDeclaration Workspaces are the volumes that this Task requires.
results      []TaskResult           Results are values that this Task can output
resources    TaskResources          Resources are the PipelineResources of 2020 that the task takes and makes.
@v1alpha1 inputs  TaskInputs        Inputs are the parameters and resources of the task. The form of early 2020.
@v1alpha1 outputs TaskOutputs       Outputs are the resources and results of the task. The form of early 2020.

== PipelineTaskMetadata: PipelineTaskMetadata contains the labels or annotations for an EmbeddedTask
labels      map[]string Labels of the TaskRun.
annotations map[]string Annotations of the TaskRun.

== Matrix: Matrix is used to fan out Tasks in a Pipeline
params  []Param         Params is a list of parameters used to fan out the pipelineTask. Params takes only Parameters of type "array". Each array element is supplied to the PipelineTask by substituting params of type "string" in the underlying Task.
include []IncludeParams Include is a list of IncludeParams which allows passing in specific combinations of Parameters into the Matrix.

== IncludeParams: IncludeParams allows passing in a specific combinations of Parameters into the Matrix.
name   string  Name the specified combination
params []Param Params takes only Parameters of type "string". The names of the params must match the names of the params in the underlying Task

== WorkspacePipelineTaskBinding: WorkspacePipelineTaskBinding describes how a workspace passed into the pipeline should be mapped to a task's declared workspace.
name!     string Name is the name of the workspace as declared by the task
workspace string Workspace is the name of the workspace declared by the pipeline
subPath   string SubPath is optionally a directory on the volume which should be used for this binding (i.e. the volume will be mounted at this sub directory).

== PipelineTaskResources: PipelineTaskResources allows a Pipeline to declare how its DeclaredPipelineResources should be provided to a Task as its inputs and outputs.
inputs  []PipelineTaskInputResource Inputs holds the mapping from the PipelineResources declared in DeclaredPipelineResources to the input PipelineResources required by the Task.
outputs []PipelineTaskOutputResource Outputs holds the mapping from the PipelineResources declared in DeclaredPipelineResources to the output PipelineResources required by the Task.

== PipelineTaskInputResource: PipelineTaskInputResource maps the name of a declared PipelineResource input dependency in a Task to the resource in the Pipeline's DeclaredPipelineResources that should be used.
name!     string   Name is the name of the PipelineResource as declared by the Task.
resource! string   Resource is the name of the DeclaredPipelineResource to use.
from      []string From is the list of PipelineTask names that the resource has to come from. (Implies an ordering in the execution graph.)

== PipelineTaskOutputResource: PipelineTaskOutputResource maps the name of a declared PipelineResource output dependency in a Task to the resource in the Pipeline's DeclaredPipelineResources that should be used.
name!     string Name is the name of the PipelineResource as declared by the Task.
resource! string Resource is the name of the DeclaredPipelineResource to use.

== PipelineTaskCondition: PipelineTaskCondition allows a PipelineTask to declare a Condition to be evaluated before the Task is run.
conditionRef! string                      ConditionRef is the name of the Condition to use for the conditionCheck
params        []Param                     Params declare parameters passed to this Condition
resources     []PipelineTaskInputResource Resources declare the resources provided to this Condition as input

== PipelineRun: PipelineRun represents a single execution of a Pipeline. PipelineRuns are how the graph of Tasks declared in a Pipeline are executed.
apiVersion string            APIVersion defines the versioned schema of this representation of an object.
kind       string            Kind is a string value representing the REST resource this object represents.
metadata   meta.ObjectMeta   Standard object's metadata.
spec       PipelineRunSpec   Spec says which pipeline runs, and with what.
status     PipelineRunStatus Status says how far the run is. Written by the platform.

== PipelineRunSpec: PipelineRunSpec defines the desired state of PipelineRun
pipelineRef         ObjectRef                   PipelineRef refers to the pipeline to run.
pipelineSpec        PipelineSpec                Specifying PipelineSpec is the pipeline to run, inline.
params              []Param                     Params is a list of parameter names and values.
status              string                      Used for cancelling a pipelinerun (and maybe more later on): Cancelled, CancelledRunFinally, StoppedRunFinally. PipelineRunPending holds it back until it is cleared.
timeouts            TimeoutFields               Time after which the Pipeline times out. Currently three keys are accepted in the map: pipeline, tasks and finally with Timeouts.pipeline >= Timeouts.tasks + Timeouts.finally
@v1 taskRunTemplate PipelineTaskRunTemplate     TaskRunTemplate represent template of taskrun
@v1beta1,v1alpha1 serviceAccountName string     ServiceAccountName is the account whose secrets become credentials of the steps. Default: default.
@v1beta1,v1alpha1 podTemplate PodTemplate       PodTemplate holds pod specific configuration
@v1beta1,v1alpha1 timeout duration              Time after which the Pipeline times out. Defaults to 1 hour. Deprecated: use timeouts.pipeline.
@v1beta1,v1alpha1 serviceAccountNames []ServiceAccountNameOfTask Deprecated: use taskRunSpecs.taskServiceAccountName.
@v1alpha1 serviceAccount string                 Deprecated: use serviceAccountName.
@v1alpha1 trigger any                           Ignored: who started the run, in the form of 2019.
@v1alpha1 results any                           Ignored: where results were stored, in the form of 2019.
workspaces          []WorkspaceBinding          Workspaces holds a set of workspace bindings that must match names with those declared in the pipeline.
taskRunSpecs        []PipelineTaskRunSpec       TaskRunSpecs holds a set of runtime specs
managedBy           string                      ManagedBy indicates which controller is responsible for reconciling this resource. Immutable. Default: tekton.dev/pipeline.
resources           []ResourceBinding           Resources binds the PipelineResources of 2020 that the pipeline declares.

== TimeoutFields: TimeoutFields allows granular specification of pipeline, task, and finally timeouts
pipeline duration Pipeline sets the maximum allowed duration for execution of the entire pipeline. The sum of individual timeouts for tasks and finally must not exceed this value.
tasks    duration Tasks sets the maximum allowed duration of this pipeline's tasks
finally  duration Finally sets the maximum allowed duration of this pipeline's finally

== PipelineTaskRunTemplate: PipelineTaskRunTemplate is used to specify run specifications for all Task in pipelinerun.
podTemplate        PodTemplate PodTemplate holds pod specific configuration
serviceAccountName string      ServiceAccountName is the account whose secrets become credentials of the steps. Default: default.

== ServiceAccountNameOfTask: ServiceAccountNameOfTask sets the service account of one task.
taskName           string Name of the task in the pipeline.
serviceAccountName string ServiceAccountName of the task.

== PipelineTaskRunSpec: PipelineTaskRunSpec can be used to configure specific specs for a concrete Task
pipelineTaskName     string                    Name of the task in the pipeline.
@v1 serviceAccountName string                  ServiceAccountName of the task.
@v1 podTemplate      PodTemplate               PodTemplate of the task.
@v1 stepSpecs        []TaskRunStepSpec         Specs to apply to Steps of the task.
@v1 sidecarSpecs     []TaskRunSidecarSpec      Specs to apply to Sidecars of the task.
@v1beta1,v1alpha1 taskServiceAccountName string ServiceAccountName of the task.
@v1beta1,v1alpha1 taskPodTemplate PodTemplate  PodTemplate of the task.
@v1beta1,v1alpha1 stepOverrides []StepOverride Overrides to apply to Steps of the task.
@v1beta1,v1alpha1 sidecarOverrides []StepOverride Overrides to apply to Sidecars of the task.
metadata             PipelineTaskMetadata      Labels and annotations of the TaskRun.
computeResources     core.ResourceRequirements Compute resources to use for this TaskRun
timeout              duration                  Duration after which the TaskRun times out. Overrides the timeout specified on the Task's spec if specified.

== PipelineRunStatus: PipelineRunStatus defines the observed state of PipelineRun
conditions         []meta.Condition Conditions the latest available observations of a resource's current state: Succeeded says what became of the run.
observedGeneration integer          ObservedGeneration is the 'Generation' of the object that was last processed by the controller.
annotations        map[]string      Annotations is additional Status fields for the Resource to save some additional State as well as convey more information to the user.
startTime          time             StartTime is the time the PipelineRun is actually started.
completionTime     time             CompletionTime is the time the PipelineRun completed.
finallyStartTime   time             FinallyStartTime is when all non-finally tasks have been completed and only finally tasks are being executed.
@v1 results        []RunResult      Results are the list of results written out by the pipeline task's containers
@v1beta1,v1alpha1 pipelineResults []RunResult PipelineResults are the list of results written out by the pipeline task's containers
pipelineSpec       PipelineSpec     PipelineSpec contains the exact spec used to instantiate the run.
skippedTasks       []SkippedTask    list of tasks that were skipped due to when expressions evaluating to false
childReferences    []ChildReference list of TaskRun and Run names, PipelineTask names, and API versions/kinds for children of this PipelineRun.
provenance         Provenance       Provenance contains some key authenticated metadata about how a software artifact was built.
spanContext        map[]string      SpanContext contains tracing span context fields
taskRuns           map[]object      Deprecated: use childReferences. Only in runs that were brought from elsewhere.
runs               map[]object      Deprecated: use childReferences. Only in runs that were brought from elsewhere.

== SkippedTask: SkippedTask is used to describe the Tasks that were skipped due to their When Expressions evaluating to False.
name            string           Name is the Pipeline Task name
reason          string           Reason is the cause of the PipelineTask being skipped.
whenExpressions []WhenExpression WhenExpressions is the list of checks guarding the execution of the PipelineTask
conditionChecks []object         ConditionChecks says what became of the Conditions of 2020 of the task, the one that did not hold among them.

== ChildReference: ChildStatusReference is used to point to the statuses of individual TaskRuns and Runs within this PipelineRun.
apiVersion       string           API version of the child.
kind             string           Kind of the child.
name             string           Name is the name of the TaskRun or Run this is referencing.
displayName      string           DisplayName is a user-facing name of the pipelineTask that may be used to populate a UI.
pipelineTaskName string           PipelineTaskName is the name of the PipelineTask this is referencing.
whenExpressions  []WhenExpression WhenExpressions is the list of checks guarding the execution of the PipelineTask
conditionChecks  []object         ConditionChecks says what became of the Conditions of 2020 of the task.
`;
