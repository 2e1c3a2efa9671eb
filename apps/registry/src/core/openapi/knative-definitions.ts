// build.knative.dev, and caching.internal.knative.dev for the images of its templates.

/** A container whose name may be left out: it is called by its place then. */
const STEP = `
name                     string                    Name of the step: a DNS label. Without one it is called by its place.
image                    string                    Container image name.
command                  []string                  Entrypoint array. Not executed within a shell. The container image's ENTRYPOINT is used if this is not provided.
args                     []string                  Arguments to the entrypoint. The container image's CMD is used if this is not provided.
workingDir               string                    Working directory. /workspace if not specified.
env                      []core.EnvVar             List of environment variables to set in the container.
envFrom                  []core.EnvFromSource      List of sources to populate environment variables in the container.
ports                    []core.ContainerPort      List of ports to expose from the container.
resources                core.ResourceRequirements Compute Resources required by this container.
volumeMounts             []core.VolumeMount        Pod volumes to mount into the container's filesystem.
volumeDevices            []core.VolumeDevice       volumeDevices is the list of block devices to be used by the container.
imagePullPolicy          string                    Image pull policy. One of Always, Never, IfNotPresent.
livenessProbe            core.Probe                Periodic probe of container liveness.
readinessProbe           core.Probe                Periodic probe of container service readiness.
lifecycle                core.Lifecycle            Actions that the management system should take in response to container lifecycle events.
securityContext          core.SecurityContext      SecurityContext defines the security options the container should be run with.
stdin                    boolean                   Whether this container should allocate a buffer for stdin in the container runtime.
stdinOnce                boolean                   Whether the container runtime should close the stdin channel after it has been opened by a single attach.
tty                      boolean                   Whether this container should allocate a TTY for itself, also requires 'stdin' to be true.
terminationMessagePath   string                    Path at which the file to which the container's termination message will be written is mounted into the container's filesystem.
terminationMessagePolicy string                    Indicate how the termination message should be populated. File or FallbackToLogsOnError.
`;

export const BUILD_DEFINITIONS = `
== Build: Build represents a build of a container image. A Build is made up of a source, and a set of steps.
apiVersion string          APIVersion defines the versioned schema of this representation of an object.
kind       string          Kind is a string value representing the REST resource this object represents.
metadata   meta.ObjectMeta Standard object's metadata.
spec       BuildSpec       Spec says what is built.
status     BuildStatus     Status says how the Build stands. Written by the platform.

== BuildSpec: BuildSpec is the spec for a Build resource.
generation         integer                   Deprecated: metadata.generation says it.
source             SourceSpec                Source specifies the input to the build. Not together with sources.
sources            []SourceSpec              Sources specifies the inputs to the build.
steps              []Step                    Steps are the steps of the build; each step is run sequentially with the source mounted into /workspace.
volumes            []core.Volume             Volumes is a collection of volumes that are available to mount into the steps of the build.
serviceAccountName string                    The name of the service account as which to run this build. Default: default.
template           TemplateInstantiationSpec Template, if specified, references a BuildTemplate resource to use to populate fields in the build, and optional Arguments to pass to the template. Not together with steps.
nodeSelector       map[]string               NodeSelector is a selector which must be true for the pod to fit on a node.
timeout            duration                  Time after which the build times out, from when its first container started. At most 24h. Default: 10m.
status             string                    BuildCancelled asks for the end of the build.
Status             string                    The same, as Knative's own clients write it.
affinity           core.Affinity             If specified, the pod's scheduling constraints.

== SourceSpec: SourceSpec defines the input to the Build: one of git, gcs, custom.
name       string          Name is the name of the source, a part of the name of its container.
git        GitSourceSpec   Git represents source in a Git repository.
gcs        GCSSourceSpec   GCS represents source in Google Cloud Storage.
custom     Step            Custom indicates that source should be retrieved using a custom process defined in a container invocation.
subPath    string          SubPath is the directory of the source that the steps see as /workspace.
targetPath string          TargetPath is the path in /workspace where the source is put.

== GitSourceSpec: GitSourceSpec describes a Git repo source input to the Build.
url!      string URL of the Git repository to clone from.
revision! string Git revision (branch, tag, commit SHA or ref) to clone.

== GCSSourceSpec: GCSSourceSpec describes source input to the Build in the form of an archive, or a source manifest describing files to fetch.
type     string Type declares the style of source to fetch: Archive or Manifest.
location string Location specifies the location of the source archive or manifest: gs://bucket/object.

== Step: Step is a container that runs in its turn.
${STEP}
== TemplateInstantiationSpec: TemplateInstantiationSpec specifies how a BuildTemplate is instantiated into a Build.
name!     string         Name references the BuildTemplate resource to use.
kind      string         Kind is BuildTemplate or ClusterBuildTemplate. Default: BuildTemplate.
arguments []ArgumentSpec Arguments, if specified, lists values that should be applied to the parameters specified by the template.
env       []core.EnvVar  Env, if specified will provide variables to all build template steps. This will override any of the template's steps environment variables.

== ArgumentSpec: ArgumentSpec defines the actual values to use to populate a template's parameters.
name!  string Name is the name of the argument.
value! string Value is the value of the argument.

== BuildStatus: BuildStatus is the status for a Build resource.
conditions         []meta.Condition Conditions: Succeeded says how the build stands.
observedGeneration integer          ObservedGeneration is the generation that the status is about.
builder            string           Builder is the name of the builder: Cluster.
cluster            ClusterSpec      Cluster says which pod is the build's.
startTime          time             StartTime is the time the build started.
completionTime     time             CompletionTime is the time the build completed.
stepStates         []StepState      StepStates describes the state of each build step container.
stepsCompleted     []string         StepsCompleted lists the name of build steps completed.
sources            []SourceState    Sources says what was fetched.

== ClusterSpec: ClusterSpec provides information about the on-cluster build.
namespace string Namespace is the namespace in which the pod is running.
podName   string PodName is the name of the pod responsible for executing this build's steps.

== StepState: StepState is the state of a step's container.
name       string                        Name of the step.
waiting    core.ContainerStateWaiting    Details about a waiting container.
running    core.ContainerStateRunning    Details about a running container.
terminated core.ContainerStateTerminated Details about a terminated container.

== SourceState: SourceState says what a source turned out to be.
name string         Name of the source, or its index.
git  GitSourceState Git says which commit was fetched.

== GitSourceState: GitSourceState says which commit was fetched.
url    string URL of the repository.
commit string Commit that the revision named.
author string Author of the commit.
date   string Date of the commit.

== BuildTemplate: BuildTemplate is a template that can be used to easily create Builds.
apiVersion string          APIVersion defines the versioned schema of this representation of an object.
kind       string          Kind is a string value representing the REST resource this object represents.
metadata   meta.ObjectMeta Standard object's metadata.
spec       BuildTemplateSpec   Spec is the template.
status     BuildTemplateStatus Status is written by the platform.

== ClusterBuildTemplate: ClusterBuildTemplate is a template that Builds of every namespace can use.
apiVersion string          APIVersion defines the versioned schema of this representation of an object.
kind       string          Kind is a string value representing the REST resource this object represents.
metadata   meta.ObjectMeta Standard object's metadata.
spec       BuildTemplateSpec   Spec is the template.
status     BuildTemplateStatus Status is written by the platform.

== BuildTemplateSpec: BuildTemplateSpec is the spec for a BuildTemplate.
generation integer         Deprecated: metadata.generation says it.
parameters []ParameterSpec Parameters defines the parameters that can be populated in a template.
steps      []Step          Steps are the steps of the build; each step is run sequentially with the source mounted into /workspace.
volumes    []core.Volume   Volumes is a collection of volumes that are available to mount into the steps of the build.

== ParameterSpec: ParameterSpec defines the possible parameters that can be populated in a template.
name!       string Name is the unique name of this template parameter.
description string Description is a human-readable explanation of this template parameter.
default     string Default, if specified, defines the default value that should be applied if the build does not specify the value for this parameter.

== BuildTemplateStatus: BuildTemplateStatus is the status for a BuildTemplate.
conditions         []meta.Condition Conditions the latest available observations of a resource's current state.
observedGeneration integer          ObservedGeneration is the generation that the status is about.
`;

export const CACHING_DEFINITIONS = `
== Image: Image is an image that is wanted on the nodes before it is used.
apiVersion string          APIVersion defines the versioned schema of this representation of an object.
kind       string          Kind is a string value representing the REST resource this object represents.
metadata   meta.ObjectMeta Standard object's metadata.
spec       ImageSpec       Spec says which image.
status     ImageStatus     Status says whether it is there. Written by the platform.

== ImageSpec: ImageSpec holds the desired state of the Image.
image!             string                      Image is the name of the container image url to cache across the cluster.
serviceAccountName string                      ServiceAccountName is the name of the Kubernetes ServiceAccount as which the pods will run this container.
imagePullSecrets   []core.LocalObjectReference ImagePullSecrets contains the names of the Kubernetes Secrets containing login information used by the pods which will run this container.

== ImageStatus: ImageStatus says whether the image is there.
conditions         []meta.Condition Conditions: Ready says whether the image is there.
observedGeneration integer          ObservedGeneration is the generation that the status is about.
`;
