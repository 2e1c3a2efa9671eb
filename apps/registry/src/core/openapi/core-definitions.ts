// Kubernetes' core/v1 as far as it is served: the containers, volumes and pod options that tasks are written with.
// The kinds themselves stand in `core-kinds.ts`.

export const CONTAINER_DEFINITIONS = `
== LocalObjectReference: LocalObjectReference contains enough information to let you locate the referenced object inside the same namespace.
name string Name of the referent.

== ObjectReference: ObjectReference contains enough information to let you inspect or modify the referred object.
apiVersion      string API version of the referent.
fieldPath       string If referring to a piece of an object instead of an entire object, this string should contain a valid JSON/Go field access statement.
kind            string Kind of the referent.
name            string Name of the referent.
namespace       string Namespace of the referent.
resourceVersion string Specific resourceVersion to which this reference is made, if any.
uid             string UID of the referent.

== TypedLocalObjectReference: TypedLocalObjectReference contains enough information to let you locate the typed referenced object.
apiGroup  string APIGroup is the group for the resource being referenced.
kind!     string Kind is the type of resource being referenced
name!     string Name is the name of resource being referenced
namespace string Namespace is the namespace of resource being referenced

== KeySelector: KeySelector selects a key of a Secret or ConfigMap.
key!     string  The key to select from. Must be a valid key.
name     string  Name of the referent.
optional boolean Specify whether the object or its key must be defined

== ObjectFieldSelector: ObjectFieldSelector selects an APIVersioned field of an object.
apiVersion string Version of the schema the FieldPath is written in terms of, defaults to "v1".
fieldPath! string Path of the field to select in the specified API version.

== ResourceFieldSelector: ResourceFieldSelector represents container resources (cpu, memory) and their output format.
containerName string   Container name: required for volumes, optional for env vars
divisor       quantity Specifies the output format of the exposed resources, defaults to "1"
resource!     string   Required: resource to select

== EnvVarSource: EnvVarSource represents a source for the value of an EnvVar.
configMapKeyRef  KeySelector           Selects a key of a ConfigMap.
secretKeyRef     KeySelector           Selects a key of a secret in the pod's namespace
fieldRef         ObjectFieldSelector   Selects a field of the pod: metadata.name, metadata.namespace, metadata.labels['<KEY>'], metadata.annotations['<KEY>'], spec.nodeName, spec.serviceAccountName, status.hostIP, status.podIP.
resourceFieldRef ResourceFieldSelector Selects a resource of the container: only resources limits and requests are supported.
fileKeyRef       object                FileKeyRef selects a key of the env file.

== EnvVar: EnvVar represents an environment variable present in a Container.
name!     string       Name of the environment variable. Must be a C_IDENTIFIER.
value     string       Variable references $(VAR_NAME) are expanded using the previously defined environment variables in the container and any service environment variables.
valueFrom EnvVarSource Source for the environment variable's value. Cannot be used if value is not empty.

== EnvSource: EnvSource selects a Secret or ConfigMap to populate the environment variables with.
name     string  Name of the referent.
optional boolean Specify whether the object must be defined

== EnvFromSource: EnvFromSource represents the source of a set of ConfigMaps or Secrets
prefix       string    Optional text to prepend to the name of each environment variable.
configMapRef EnvSource The ConfigMap to select from
secretRef    EnvSource The Secret to select from

== ResourceClaim: ResourceClaim references one entry in PodSpec.ResourceClaims.
name!   string Name must match the name of one entry in pod.spec.resourceClaims of the Pod where this field is used.
request string Request is the name chosen for a request in the referenced claim.

== ResourceRequirements: ResourceRequirements describes the compute resource requirements.
limits   map[]quantity   Limits describes the maximum amount of compute resources allowed.
requests map[]quantity   Requests describes the minimum amount of compute resources required. If Requests is omitted for a container, it defaults to Limits if that is explicitly specified.
claims   []ResourceClaim Claims lists the names of resources, defined in spec.resourceClaims, that are used by this container.

== VolumeMount: VolumeMount describes a mounting of a Volume within a container.
name!             string  This must match the Name of a Volume.
mountPath!        string  Path within the container at which the volume should be mounted. Must not contain ':'.
subPath           string  Path within the volume from which the container's volume should be mounted. Defaults to "" (volume's root).
subPathExpr       string  Expanded path within the volume from which the container's volume should be mounted. SubPathExpr and SubPath are mutually exclusive.
readOnly          boolean Mounted read-only if true, read-write otherwise (false or unspecified). Defaults to false.
recursiveReadOnly string  RecursiveReadOnly specifies whether read-only mounts should be handled recursively.
mountPropagation  string  mountPropagation determines how mounts are propagated from the host to container and the other way around.

== VolumeDevice: volumeDevice describes a mapping of a raw block device within a container.
name!       string name must match the name of a persistentVolumeClaim in the pod
devicePath! string devicePath is the path inside of the container that the device will be mapped to.

== Capabilities: Adds and removes POSIX capabilities from running containers.
add  []string Added capabilities
drop []string Removed capabilities

== SELinuxOptions: SELinuxOptions are the labels to be applied to the container
level string Level is SELinux level label that applies to the container.
role  string Role is a SELinux role label that applies to the container.
type  string Type is a SELinux type label that applies to the container.
user  string User is a SELinux user label that applies to the container.

== WindowsSecurityContextOptions: WindowsSecurityContextOptions contain Windows-specific options and credentials.
gmsaCredentialSpec     string  GMSACredentialSpec is where the GMSA admission webhook inlines the contents of the GMSA credential spec.
gmsaCredentialSpecName string  GMSACredentialSpecName is the name of the GMSA credential spec to use.
hostProcess            boolean HostProcess determines if a container should be run as a 'Host Process' container.
runAsUserName          string  The UserName in Windows to run the entrypoint of the container process.

== SecurityProfile: SecurityProfile defines a seccomp or AppArmor profile.
type!            string type indicates which kind of profile will be applied: Localhost, RuntimeDefault or Unconfined.
localhostProfile string localhostProfile indicates a profile defined in a file on the node should be used.

== SecurityContext: SecurityContext holds security configuration that will be applied to a container.
allowPrivilegeEscalation boolean                       AllowPrivilegeEscalation controls whether a process can gain more privileges than its parent process.
appArmorProfile          SecurityProfile               appArmorProfile is the AppArmor options to use by this container.
capabilities             Capabilities                  The capabilities to add/drop when running containers.
privileged               boolean                       Run container in privileged mode. Processes in privileged containers are essentially equivalent to root on the host.
procMount                string                        procMount denotes the type of proc mount to use for the containers.
readOnlyRootFilesystem   boolean                       Whether this container has a read-only root filesystem. Default is false.
runAsGroup               integer                       The GID to run the entrypoint of the container process.
runAsNonRoot             boolean                       Indicates that the container must run as a non-root user.
runAsUser                integer                       The UID to run the entrypoint of the container process.
seLinuxOptions           SELinuxOptions                The SELinux context to be applied to the container.
seccompProfile           SecurityProfile               The seccomp options to use by this container.
windowsOptions           WindowsSecurityContextOptions The Windows specific settings applied to all containers.

== ExecAction: ExecAction describes a "run in container" action.
command []string Command is the command line to execute inside the container.

== HTTPHeader: HTTPHeader describes a custom header to be used in HTTP probes
name!  string The header field name.
value! string The header field value

== HTTPGetAction: HTTPGetAction describes an action based on HTTP Get requests.
host        string       Host name to connect to, defaults to the pod IP.
httpHeaders []HTTPHeader Custom headers to set in the request. HTTP allows repeated headers.
path        string       Path to access on the HTTP server.
port!       intOrString  Name or number of the port to access on the container.
scheme      string       Scheme to use for connecting to the host. Defaults to HTTP.

== TCPSocketAction: TCPSocketAction describes an action based on opening a socket
host  string      Optional: Host name to connect to, defaults to the pod IP.
port! intOrString Number or name of the port to access on the container.

== GRPCAction: GRPCAction specifies an action involving a GRPC service.
port!   integer Port number of the gRPC service.
service string  Service is the name of the service to place in the gRPC HealthCheckRequest.

== SleepAction: SleepAction describes a "sleep" action.
seconds! integer Seconds is the number of seconds to sleep.

== Probe: Probe describes a health check to be performed against a container to determine whether it is alive or ready to receive traffic.
exec                          ExecAction      Exec specifies a command to execute in the container.
grpc                          GRPCAction      GRPC specifies a GRPC HealthCheckRequest.
httpGet                       HTTPGetAction   HTTPGet specifies an HTTP GET request to perform.
tcpSocket                     TCPSocketAction TCPSocket specifies a connection to a TCP port.
failureThreshold              integer         Minimum consecutive failures for the probe to be considered failed after having succeeded. Defaults to 3.
initialDelaySeconds           integer         Number of seconds after the container has started before liveness probes are initiated.
periodSeconds                 integer         How often (in seconds) to perform the probe. Default to 10 seconds.
successThreshold              integer         Minimum consecutive successes for the probe to be considered successful after having failed. Defaults to 1.
terminationGracePeriodSeconds integer         Optional duration in seconds the pod needs to terminate gracefully upon probe failure.
timeoutSeconds                integer         Number of seconds after which the probe times out. Defaults to 1 second.

== LifecycleHandler: LifecycleHandler defines a specific action that should be taken in a lifecycle hook.
exec      ExecAction      Exec specifies a command to execute in the container.
httpGet   HTTPGetAction   HTTPGet specifies an HTTP GET request to perform.
sleep     SleepAction     Sleep represents a duration that the container should sleep.
tcpSocket TCPSocketAction Deprecated. TCPSocket is NOT supported as a LifecycleHandler.

== Lifecycle: Lifecycle describes actions that the management system should take in response to container lifecycle events.
postStart  LifecycleHandler PostStart is called immediately after a container is created.
preStop    LifecycleHandler PreStop is called immediately before a container is terminated.
stopSignal string           StopSignal defines which signal will be sent to a container when it is being stopped.

== ContainerPort: ContainerPort represents a network port in a single container.
containerPort! integer Number of port to expose on the pod's IP address.
hostIP         string  What host IP to bind the external port to.
hostPort       integer Number of port to expose on the host.
name           string  If specified, this must be an IANA_SVC_NAME and unique within the pod.
protocol       string  Protocol for port. Must be UDP, TCP, or SCTP. Defaults to "TCP".

== ContainerResizePolicy: ContainerResizePolicy represents resource resize policy for the container.
resourceName!  string Name of the resource to which this resource resize policy applies.
restartPolicy! string Restart policy to apply when specified resource is resized.

== Container: A single application container that you want to run within a pod.
name!                    string                  Name of the container specified as a DNS_LABEL.
image                    string                  Container image name.
command                  []string                Entrypoint array. Not executed within a shell. The container image's ENTRYPOINT is used if this is not provided.
args                     []string                Arguments to the entrypoint. The container image's CMD is used if this is not provided.
workingDir               string                  Container's working directory. If not specified, the container runtime's default will be used.
env                      []EnvVar                List of environment variables to set in the container.
envFrom                  []EnvFromSource         List of sources to populate environment variables in the container.
ports                    []ContainerPort         List of ports to expose from the container.
resources                ResourceRequirements    Compute Resources required by this container.
resizePolicy             []ContainerResizePolicy Resources resize policy for the container.
restartPolicy            string                  RestartPolicy defines the restart behavior of individual containers in a pod.
restartPolicyRules       []object                Represents a list of rules to be checked to determine if the container should be restarted on exit.
volumeMounts             []VolumeMount           Pod volumes to mount into the container's filesystem.
volumeDevices            []VolumeDevice          volumeDevices is the list of block devices to be used by the container.
imagePullPolicy          string                  Image pull policy. One of Always, Never, IfNotPresent.
livenessProbe            Probe                   Periodic probe of container liveness.
readinessProbe           Probe                   Periodic probe of container service readiness.
startupProbe             Probe                   StartupProbe indicates that the Pod has successfully initialized.
lifecycle                Lifecycle               Actions that the management system should take in response to container lifecycle events.
securityContext          SecurityContext         SecurityContext defines the security options the container should be run with.
stdin                    boolean                 Whether this container should allocate a buffer for stdin in the container runtime.
stdinOnce                boolean                 Whether the container runtime should close the stdin channel after it has been opened by a single attach.
tty                      boolean                 Whether this container should allocate a TTY for itself, also requires 'stdin' to be true.
terminationMessagePath   string                  Path at which the file to which the container's termination message will be written is mounted into the container's filesystem.
terminationMessagePolicy string                  Indicate how the termination message should be populated. File or FallbackToLogsOnError.
`;

export const VOLUME_DEFINITIONS = `
== KeyToPath: Maps a string key to a path within a volume.
key!  string  key is the key to project.
path! string  path is the relative path of the file to map the key to.
mode  integer mode bits used to set permissions on this file.

== EmptyDirVolumeSource: Represents an empty directory for a pod.
medium    string   medium represents what type of storage medium should back this directory: "" (the node's default) or Memory.
sizeLimit quantity sizeLimit is the total amount of local storage required for this EmptyDir volume.

== SecretVolumeSource: Adapts a Secret into a volume.
secretName  string      secretName is the name of the secret in the pod's namespace to use.
items       []KeyToPath items If unspecified, each key-value pair in the Data field of the referenced Secret will be projected into the volume as a file whose name is the key and content is the value.
defaultMode integer     defaultMode is Optional: mode bits used to set permissions on created files by default.
optional    boolean     optional field specify whether the Secret or its keys must be defined

== ConfigMapVolumeSource: Adapts a ConfigMap into a volume.
name        string      Name of the referent.
items       []KeyToPath items if unspecified, each key-value pair in the Data field of the referenced ConfigMap will be projected into the volume as a file whose name is the key and content is the value.
defaultMode integer     defaultMode is optional: mode bits used to set permissions on created files by default.
optional    boolean     optional specify whether the ConfigMap or its keys must be defined

== PersistentVolumeClaimVolumeSource: PersistentVolumeClaimVolumeSource references the user's PVC in the same namespace.
claimName! string  claimName is the name of a PersistentVolumeClaim in the same namespace as the pod using this volume.
readOnly   boolean readOnly Will force the ReadOnly setting in VolumeMounts. Default false.

== DownwardAPIVolumeFile: DownwardAPIVolumeFile represents information to create the file containing the pod field
path!            string                Required: Path is the relative path name of the file to be created.
fieldRef         ObjectFieldSelector   Required: Selects a field of the pod: only annotations, labels, name, namespace and uid are supported.
resourceFieldRef ResourceFieldSelector Selects a resource of the container.
mode             integer               Optional: mode bits used to set permissions on this file.

== DownwardAPIVolumeSource: DownwardAPIVolumeSource represents a volume containing downward API info.
items       []DownwardAPIVolumeFile Items is a list of downward API volume file
defaultMode integer                 Optional: mode bits to use on created files by default.

== ServiceAccountTokenProjection: ServiceAccountTokenProjection represents a projected service account token volume.
path!             string  path is the path relative to the mount point of the file to project the token into.
audience          string  audience is the intended audience of the token.
expirationSeconds integer expirationSeconds is the requested duration of validity of the service account token.

== ObjectProjection: Adapts a Secret or ConfigMap into a projected volume.
name     string      Name of the referent.
items    []KeyToPath items if unspecified, each key-value pair of the referenced object will be projected into the volume.
optional boolean     optional field specify whether the object or its keys must be defined

== VolumeProjection: Projection that may be projected along with other supported volume types.
configMap           ObjectProjection              configMap information about the configMap data to project
secret              ObjectProjection              secret information about the secret data to project
downwardAPI         DownwardAPIVolumeSource       downwardAPI information about the downwardAPI data to project
serviceAccountToken ServiceAccountTokenProjection serviceAccountToken is information about the serviceAccountToken data to project
clusterTrustBundle  object                        ClusterTrustBundle allows a pod to access the spec.trustBundle field of ClusterTrustBundle objects in an auto-updating file.
podCertificate      object                        Projects an auto-rotating credential bundle.

== ProjectedVolumeSource: Represents a projected volume source
sources     []VolumeProjection sources is the list of volume projections.
defaultMode integer            defaultMode are the mode bits used to set permissions on created files by default.

== HostPathVolumeSource: Represents a host path mapped into a pod.
path! string path of the directory on the host.
type  string type for HostPath Volume. Defaults to ""

== CSIVolumeSource: Represents a source location of a volume to mount, managed by an external CSI driver
driver!              string               driver is the name of the CSI driver that handles this volume.
fsType               string               fsType to mount. Ex. "ext4", "xfs", "ntfs".
nodePublishSecretRef LocalObjectReference nodePublishSecretRef is a reference to the secret object containing sensitive information to pass to the CSI driver.
readOnly             boolean              readOnly specifies a read-only configuration for the volume. Defaults to false (read/write).
volumeAttributes     map[]string          volumeAttributes stores driver-specific properties that are passed to the CSI driver.

== NFSVolumeSource: Represents an NFS mount that lasts the lifetime of a pod.
path!    string  path that is exported by the NFS server.
server!  string  server is the hostname or IP address of the NFS server.
readOnly boolean readOnly here will force the NFS export to be mounted with read-only permissions. Defaults to false.

== GitRepoVolumeSource: Represents a volume that is populated with the contents of a git repository.
repository! string repository is the URL
revision    string revision is the commit hash for the specified revision.
directory   string directory is the target directory name. Must not contain or start with '..'.

== ImageVolumeSource: ImageVolumeSource represents a image volume resource.
reference  string Required: Image or artifact reference to be used.
pullPolicy string Policy for pulling OCI objects.

== PersistentVolumeClaimTemplate: PersistentVolumeClaimTemplate is used to produce PersistentVolumeClaim objects as part of an EphemeralVolumeSource.
metadata meta.ObjectMeta           May contain labels and annotations that will be copied into the PVC when creating it.
spec!    PersistentVolumeClaimSpec The specification for the PersistentVolumeClaim.

== EphemeralVolumeSource: Represents an ephemeral volume that is handled by a normal storage driver.
volumeClaimTemplate PersistentVolumeClaimTemplate Will be used to create a stand-alone PVC to provision the volume.

== Volume: Volume represents a named volume in a pod that may be accessed by any container in the pod.
name!                 string                            name of the volume. Must be a DNS_LABEL and unique within the pod.
emptyDir              EmptyDirVolumeSource              emptyDir represents a temporary directory that shares a pod's lifetime.
secret                SecretVolumeSource                secret represents a secret that should populate this volume.
configMap             ConfigMapVolumeSource             configMap represents a configMap that should populate this volume
persistentVolumeClaim PersistentVolumeClaimVolumeSource persistentVolumeClaimVolumeSource represents a reference to a PersistentVolumeClaim in the same namespace.
projected             ProjectedVolumeSource             projected items for all in one resources secrets, configmaps, and downward API
downwardAPI           DownwardAPIVolumeSource           downwardAPI represents downward API about the pod that should populate this volume
csi                   CSIVolumeSource                   csi (Container Storage Interface) represents ephemeral storage that is handled by certain external CSI drivers.
hostPath              HostPathVolumeSource              hostPath represents a pre-existing file or directory on the host machine that is directly exposed to the container.
nfs                   NFSVolumeSource                   nfs represents an NFS mount on the host that shares a pod's lifetime
ephemeral             EphemeralVolumeSource             ephemeral represents a volume that is handled by a cluster storage driver.
image                 ImageVolumeSource                 image represents an OCI object (a container image or artifact) pulled and mounted on the kubelet's host machine.
awsElasticBlockStore  object                            Deprecated: AWSElasticBlockStore is deprecated.
azureDisk             object                            Deprecated: AzureDisk is deprecated.
azureFile             object                            Deprecated: AzureFile is deprecated.
cephfs                object                            Deprecated: CephFS is deprecated.
cinder                object                            Deprecated: Cinder is deprecated.
fc                    object                            fc represents a Fibre Channel resource that is attached to a kubelet's host machine and then exposed to the pod.
flexVolume            object                            Deprecated: FlexVolume is deprecated. Consider using a CSIDriver instead.
flocker               object                            Deprecated: Flocker is deprecated.
gcePersistentDisk     object                            Deprecated: GCEPersistentDisk is deprecated.
gitRepo               GitRepoVolumeSource               Deprecated: GitRepo is deprecated.
glusterfs             object                            Deprecated: Glusterfs is deprecated.
iscsi                 object                            iscsi represents an ISCSI Disk resource that is attached to a kubelet's host machine and then exposed to the pod.
photonPersistentDisk  object                            Deprecated: PhotonPersistentDisk is deprecated.
portworxVolume        object                            Deprecated: PortworxVolume is deprecated.
quobyte               object                            Deprecated: Quobyte is deprecated.
rbd                   object                            Deprecated: RBD is deprecated.
scaleIO               object                            Deprecated: ScaleIO is deprecated.
storageos             object                            Deprecated: StorageOS is deprecated.
vsphereVolume         object                            Deprecated: VsphereVolume is deprecated.

== VolumeResourceRequirements: VolumeResourceRequirements describes the storage resource requirements for a volume.
limits   map[]quantity Limits describes the maximum amount of compute resources allowed.
requests map[]quantity Requests describes the minimum amount of compute resources required.

== PersistentVolumeClaimSpec: PersistentVolumeClaimSpec describes the common attributes of storage devices and allows a Source for provider-specific attributes
accessModes               []string                   accessModes contains the desired access modes the volume should have: ReadWriteOnce, ReadOnlyMany, ReadWriteMany, ReadWriteOncePod.
resources                 VolumeResourceRequirements resources represents the minimum resources the volume should have.
storageClassName          string                     storageClassName is the name of the StorageClass required by the claim.
volumeMode                string                     volumeMode defines what type of volume is required by the claim: Filesystem or Block.
volumeName                string                     volumeName is the binding reference to the PersistentVolume backing this claim.
selector                  meta.LabelSelector         selector is a label query over volumes to consider for binding.
dataSource                TypedLocalObjectReference  dataSource field can be used to specify an existing VolumeSnapshot object or an existing PVC.
dataSourceRef             TypedLocalObjectReference  dataSourceRef specifies the object from which to populate the volume with data.
volumeAttributesClassName string                     volumeAttributesClassName may be used to set the VolumeAttributesClass used by this claim.
`;
