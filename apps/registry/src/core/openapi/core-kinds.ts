// Kubernetes' core/v1, continued: how pods are placed and run, and the kinds that are served.

export const POD_DEFINITIONS = `
== NodeSelectorRequirement: A node selector requirement is a selector that contains values, a key, and an operator that relates the key and values.
key!      string   The label key that the selector applies to.
operator! string   Represents a key's relationship to a set of values. Valid operators are In, NotIn, Exists, DoesNotExist. Gt, and Lt.
values    []string An array of string values.

== NodeSelectorTerm: A null or empty node selector term matches no objects. The requirements of them are ANDed.
matchExpressions []NodeSelectorRequirement A list of node selector requirements by node's labels.
matchFields      []NodeSelectorRequirement A list of node selector requirements by node's fields.

== NodeSelector: A node selector represents the union of the results of one or more label queries over a set of nodes.
nodeSelectorTerms! []NodeSelectorTerm Required. A list of node selector terms. The terms are ORed.

== PreferredSchedulingTerm: An empty preferred scheduling term matches all objects with implicit weight 0.
preference! NodeSelectorTerm A node selector term, associated with the corresponding weight.
weight!     integer          Weight associated with matching the corresponding nodeSelectorTerm, in the range 1-100.

== NodeAffinity: Node affinity is a group of node affinity scheduling rules.
preferredDuringSchedulingIgnoredDuringExecution []PreferredSchedulingTerm The scheduler will prefer to schedule pods to nodes that satisfy the affinity expressions specified by this field.
requiredDuringSchedulingIgnoredDuringExecution  NodeSelector              If the affinity requirements specified by this field are not met at scheduling time, the pod will not be scheduled onto the node.

== PodAffinityTerm: Defines a set of pods that this pod should be co-located (affinity) or not co-located (anti-affinity) with.
labelSelector     meta.LabelSelector A label query over a set of resources, in this case pods.
matchLabelKeys    []string           MatchLabelKeys is a set of pod label keys to select which pods will be taken into consideration.
mismatchLabelKeys []string           MismatchLabelKeys is a set of pod label keys to select which pods will be taken into consideration.
namespaceSelector meta.LabelSelector A label query over the set of namespaces that the term applies to.
namespaces        []string           namespaces specifies a static list of namespace names that the term applies to.
topologyKey!      string             This pod should be co-located (affinity) or not co-located (anti-affinity) with the pods matching the labelSelector in the specified namespaces.

== WeightedPodAffinityTerm: The weights of all of the matched WeightedPodAffinityTerm fields are added per-node to find the most preferred node(s)
podAffinityTerm! PodAffinityTerm Required. A pod affinity term, associated with the corresponding weight.
weight!          integer         weight associated with matching the corresponding podAffinityTerm, in the range 1-100.

== PodAffinity: Pod affinity is a group of inter pod affinity scheduling rules.
preferredDuringSchedulingIgnoredDuringExecution []WeightedPodAffinityTerm The scheduler will prefer to schedule pods to nodes that satisfy the affinity expressions specified by this field.
requiredDuringSchedulingIgnoredDuringExecution  []PodAffinityTerm         If the affinity requirements specified by this field are not met at scheduling time, the pod will not be scheduled onto the node.

== Affinity: Affinity is a group of affinity scheduling rules.
nodeAffinity    NodeAffinity Describes node affinity scheduling rules for the pod.
podAffinity     PodAffinity  Describes pod affinity scheduling rules.
podAntiAffinity PodAffinity  Describes pod anti-affinity scheduling rules.

== Toleration: The pod this Toleration is attached to tolerates any taint that matches the triple <key,value,effect> using the matching operator <operator>.
effect            string  Effect indicates the taint effect to match. Empty means match all taint effects.
key               string  Key is the taint key that the toleration applies to.
operator          string  Operator represents a key's relationship to the value. Valid operators are Exists and Equal.
tolerationSeconds integer TolerationSeconds represents the period of time the toleration tolerates the taint.
value             string  Value is the taint value the toleration matches to.

== TopologySpreadConstraint: TopologySpreadConstraint specifies how to spread matching pods among the given topology.
labelSelector      meta.LabelSelector LabelSelector is used to find matching pods.
matchLabelKeys     []string           MatchLabelKeys is a set of pod label keys to select the pods over which spreading will be calculated.
maxSkew!           integer            MaxSkew describes the degree to which pods may be unevenly distributed.
minDomains         integer            MinDomains indicates a minimum number of eligible domains.
nodeAffinityPolicy string             NodeAffinityPolicy indicates how we will treat Pod's nodeAffinity/nodeSelector when calculating pod topology spread skew.
nodeTaintsPolicy   string             NodeTaintsPolicy indicates how we will treat node taints when calculating pod topology spread skew.
topologyKey!       string             TopologyKey is the key of node labels.
whenUnsatisfiable! string             WhenUnsatisfiable indicates how to deal with a pod if it doesn't satisfy the spread constraint.

== HostAlias: HostAlias holds the mapping between IP and hostnames that will be injected as an entry in the pod's hosts file.
ip        string   IP address of the host file entry.
hostnames []string Hostnames for the above IP address.

== PodDNSConfigOption: PodDNSConfigOption defines DNS resolver options of a pod.
name  string Name is this DNS resolver option's name.
value string Value is this DNS resolver option's value.

== PodDNSConfig: PodDNSConfig defines the DNS parameters of a pod in addition to those generated from DNSPolicy.
nameservers []string             A list of DNS name server IP addresses.
options     []PodDNSConfigOption A list of DNS resolver options.
searches    []string             A list of DNS search domains for host-name lookup.

== Sysctl: Sysctl defines a kernel parameter to be set
name!  string Name of a property to set
value! string Value of a property to set

== PodSecurityContext: PodSecurityContext holds pod-level security attributes and common container settings.
appArmorProfile          SecurityProfile               appArmorProfile is the AppArmor options to use by the containers in this pod.
fsGroup                  integer                       A special supplemental group that applies to all containers in a pod.
fsGroupChangePolicy      string                        fsGroupChangePolicy defines behavior of changing ownership and permission of the volume before being exposed inside Pod.
runAsGroup               integer                       The GID to run the entrypoint of the container process.
runAsNonRoot             boolean                       Indicates that the container must run as a non-root user.
runAsUser                integer                       The UID to run the entrypoint of the container process.
seLinuxChangePolicy      string                        seLinuxChangePolicy defines how the container's SELinux label is applied to all volumes used by the Pod.
seLinuxOptions           SELinuxOptions                The SELinux context to be applied to all containers.
seccompProfile           SecurityProfile               The seccomp options to use by the containers in this pod.
supplementalGroups       []integer                     A list of groups applied to the first process run in each container.
supplementalGroupsPolicy string                        Defines how supplemental groups of the first container processes are calculated.
sysctls                  []Sysctl                      Sysctls hold a list of namespaced sysctls used for the pod.
windowsOptions           WindowsSecurityContextOptions The Windows specific settings applied to all containers.

== PodSpec: PodSpec is a description of a pod.
containers!                   []Container                List of containers belonging to the pod.
initContainers                []Container                List of initialization containers belonging to the pod.
ephemeralContainers           []object                   List of ephemeral containers run in this pod.
volumes                       []Volume                   List of volumes that can be mounted by containers belonging to the pod.
activeDeadlineSeconds         integer                    Optional duration in seconds the pod may be active on the node relative to StartTime before the system will actively try to mark it failed.
affinity                      Affinity                   If specified, the pod's scheduling constraints
automountServiceAccountToken  boolean                    AutomountServiceAccountToken indicates whether a service account token should be automatically mounted.
dnsConfig                     PodDNSConfig               Specifies the DNS parameters of a pod.
dnsPolicy                     string                     Set DNS policy for the pod.
enableServiceLinks            boolean                    EnableServiceLinks indicates whether information about services should be injected into pod's environment variables.
hostAliases                   []HostAlias                HostAliases is an optional list of hosts and IPs that will be injected into the pod's hosts file if specified.
hostIPC                       boolean                    Use the host's ipc namespace.
hostNetwork                   boolean                    Host networking requested for this pod.
hostPID                       boolean                    Use the host's pid namespace.
hostUsers                     boolean                    Use the host's user namespace.
hostname                      string                     Specifies the hostname of the Pod.
imagePullSecrets              []LocalObjectReference     ImagePullSecrets is an optional list of references to secrets in the same namespace to use for pulling any of the images.
nodeName                      string                     NodeName indicates in which node this pod is scheduled.
nodeSelector                  map[]string                NodeSelector is a selector which must be true for the pod to fit on a node.
os                            object                     Specifies the OS of the containers in the pod.
overhead                      map[]quantity              Overhead represents the resource overhead associated with running a pod for a given RuntimeClass.
preemptionPolicy              string                     PreemptionPolicy is the Policy for preempting pods with lower priority.
priority                      integer                    The priority value.
priorityClassName             string                     If specified, indicates the pod's priority.
readinessGates                []object                   If specified, all readiness gates will be evaluated for pod readiness.
resourceClaims                []object                   ResourceClaims defines which ResourceClaims must be allocated and reserved before the Pod is allowed to start.
resources                     ResourceRequirements       Resources is the total amount of CPU and Memory resources required by all containers in the pod.
restartPolicy                 string                     Restart policy for all containers within the pod. One of Always, OnFailure, Never.
runtimeClassName              string                     RuntimeClassName refers to a RuntimeClass object in the node.k8s.io group.
schedulerName                 string                     If specified, the pod will be dispatched by specified scheduler.
schedulingGates               []object                   SchedulingGates is an opaque list of values that if specified will block scheduling the pod.
securityContext               PodSecurityContext         SecurityContext holds pod-level security attributes and common container settings.
serviceAccount                string                     DeprecatedServiceAccount is a deprecated alias for ServiceAccountName.
serviceAccountName            string                     ServiceAccountName is the name of the ServiceAccount to use to run this pod.
setHostnameAsFQDN             boolean                    If true the pod's hostname will be configured as the pod's FQDN.
shareProcessNamespace         boolean                    Share a single process namespace between all of the containers in a pod.
subdomain                     string                     If specified, the fully qualified Pod hostname will be "<hostname>.<subdomain>.<pod namespace>.svc.<cluster domain>".
terminationGracePeriodSeconds integer                    Optional duration in seconds the pod needs to terminate gracefully.
tolerations                   []Toleration               If specified, the pod's tolerations.
topologySpreadConstraints     []TopologySpreadConstraint TopologySpreadConstraints describes how a group of pods ought to spread across topology domains.

== ContainerStateWaiting: ContainerStateWaiting is a waiting state of a container.
message string Message regarding why the container is not yet running.
reason  string (brief) reason the container is not yet running.

== ContainerStateRunning: ContainerStateRunning is a running state of a container.
startedAt time Time at which the container was last (re-)started

== ContainerStateTerminated: ContainerStateTerminated is a terminated state of a container.
containerID string  Container's ID in the format '<type>://<container_id>'
exitCode!   integer Exit status from the last termination of the container
finishedAt  time    Time at which the container last terminated
message     string  Message regarding the last termination of the container
reason      string  (brief) reason from the last termination of the container
signal      integer Signal from the last termination of the container
startedAt   time    Time at which previous execution of the container started

== ContainerState: ContainerState holds a possible state of container. Only one of its members may be specified.
running    ContainerStateRunning    Details about a running container
terminated ContainerStateTerminated Details about a terminated container
waiting    ContainerStateWaiting    Details about a waiting container

== ContainerStatus: ContainerStatus contains details for the current status of this container.
name!                    string               Name is a DNS_LABEL representing the unique name of the container.
state                    ContainerState       State holds details about the container's current condition.
lastState                ContainerState       LastTerminationState holds the last termination state of the container.
ready!                   boolean              Ready specifies whether the container is currently passing its readiness check.
started                  boolean              Started indicates whether the container has finished its postStart lifecycle hook and passed its startup probe.
restartCount!            integer              RestartCount holds the number of times the container has been restarted.
image!                   string               Image is the name of container image that the container is running.
imageID!                 string               ImageID is the image ID of the container's image.
containerID              string               ContainerID is the ID of the container in the format '<type>://<container_id>'.
allocatedResources       map[]quantity        AllocatedResources represents the compute resources allocated for this container by the node.
allocatedResourcesStatus []object             AllocatedResourcesStatus represents the status of various resources allocated for this Pod.
resources                ResourceRequirements Resources represents the compute resource requests and limits that have been successfully enacted on the running container.
stopSignal               string               StopSignal reports the effective stop signal for this container
user                     object               User represents user identity information initially attached to the first process of the container
volumeMounts             []object             Status of volume mounts.

== PodStatus: PodStatus represents information about the status of a pod.
phase                      string            The phase of a Pod is a simple, high-level summary of where the Pod is in its lifecycle: Pending, Running, Succeeded, Failed or Unknown.
reason                     string            A brief CamelCase message indicating details about why the pod is in this state.
message                    string            A human readable message indicating details about why the pod is in this condition.
startTime                  time              RFC 3339 date and time at which the object was acknowledged.
podIP                      string            podIP address allocated to the pod.
podIPs                     []object          podIPs holds the IP addresses allocated to the pod.
hostIP                     string            hostIP holds the IP address of the host to which the pod is assigned.
hostIPs                    []object          hostIPs holds the IP addresses allocated to the host.
nominatedNodeName          string            nominatedNodeName is set only when this pod preempts other pods on the node.
conditions                 []meta.Condition  Current service state of pod.
initContainerStatuses      []ContainerStatus Statuses of init containers in this pod.
containerStatuses          []ContainerStatus Statuses of containers in this pod.
ephemeralContainerStatuses []ContainerStatus Statuses for any ephemeral containers that have run in this pod.
observedGeneration         integer           If set, this represents the .metadata.generation that the pod status was set based upon.
qosClass                   string            The Quality of Service (QOS) classification assigned to the pod based on resource requirements.
resize                     string            Status of resources resize desired for pod's containers.
resourceClaimStatuses      []object          Status of resource claims.
`;

export const CORE_KINDS = `
== Namespace: Namespace provides a scope for Names. Use of multiple namespaces is optional.
apiVersion string          APIVersion defines the versioned schema of this representation of an object.
kind       string          Kind is a string value representing the REST resource this object represents.
metadata   meta.ObjectMeta Standard object's metadata.
spec       NamespaceSpec   Spec defines the behavior of the Namespace.
status     NamespaceStatus Status describes the current status of a Namespace.

== NamespaceSpec: NamespaceSpec describes the attributes on a Namespace.
finalizers []string Finalizers is an opaque list of values that must be empty to permanently remove object from storage.

== NamespaceStatus: NamespaceStatus is information about the current status of a Namespace.
phase      string           Phase is the current lifecycle phase of the namespace: Active or Terminating.
conditions []meta.Condition Represents the latest available observations of a namespace's current state.

== Secret: Secret holds secret data of a certain type. The total bytes of the values in the Data field must be less than 1 MiB.
apiVersion string          APIVersion defines the versioned schema of this representation of an object.
kind       string          Kind is a string value representing the REST resource this object represents.
metadata   meta.ObjectMeta Standard object's metadata.
data       map[]bytes      Data contains the secret data. Each key must consist of alphanumeric characters, '-', '_' or '.'. The serialized form of the secret data is a base64 encoded string.
stringData map[]string     stringData allows specifying non-binary secret data in string form. It is never output when reading from the API.
immutable  boolean         Immutable, if set to true, ensures that data stored in the Secret cannot be updated (only object metadata can be modified).
type       string          Used to facilitate programmatic handling of secret data: Opaque, kubernetes.io/basic-auth, kubernetes.io/ssh-auth, kubernetes.io/dockerconfigjson.

== ConfigMap: ConfigMap holds configuration data for pods to consume.
apiVersion string          APIVersion defines the versioned schema of this representation of an object.
kind       string          Kind is a string value representing the REST resource this object represents.
metadata   meta.ObjectMeta Standard object's metadata.
data       map[]string     Data contains the configuration data. Each key must consist of alphanumeric characters, '-', '_' or '.'.
binaryData map[]bytes      BinaryData contains the binary data. Each key must consist of alphanumeric characters, '-', '_' or '.'.
immutable  boolean         Immutable, if set to true, ensures that data stored in the ConfigMap cannot be updated (only object metadata can be modified).

== ServiceAccount: ServiceAccount binds together a name, understood by users, and a set of secrets that its pods use.
apiVersion                   string                 APIVersion defines the versioned schema of this representation of an object.
kind                         string                 Kind is a string value representing the REST resource this object represents.
metadata                     meta.ObjectMeta        Standard object's metadata.
secrets                      []ObjectReference      Secrets is a list of the secrets in the same namespace that pods running using this ServiceAccount are allowed to use. Those with tekton.dev/git-* and tekton.dev/docker-* annotations become credentials of steps.
imagePullSecrets             []LocalObjectReference ImagePullSecrets is a list of references to secrets in the same namespace to use for pulling any images.
automountServiceAccountToken boolean                AutomountServiceAccountToken indicates whether pods running as this service account should have an API token automatically mounted.

== LimitRange: LimitRange sets resource usage limits for each kind of resource in a Namespace.
apiVersion string          APIVersion defines the versioned schema of this representation of an object.
kind       string          Kind is a string value representing the REST resource this object represents.
metadata   meta.ObjectMeta Standard object's metadata.
spec       LimitRangeSpec  Spec defines the limits enforced.

== LimitRangeSpec: LimitRangeSpec defines a min/max usage limit for resources that match on kind.
limits []LimitRangeItem Limits is the list of LimitRangeItem objects that are enforced.

== LimitRangeItem: LimitRangeItem defines a min/max usage limit for any resource that matches on kind.
type!                string        Type of resource that this limit applies to: Container, Pod or PersistentVolumeClaim.
max                  map[]quantity Max usage constraints on this kind by resource name.
min                  map[]quantity Min usage constraints on this kind by resource name.
default              map[]quantity Default resource requirement limit value by resource name if resource limit is omitted.
defaultRequest       map[]quantity DefaultRequest is the default resource requirement request value by resource name if resource request is omitted.
maxLimitRequestRatio map[]quantity MaxLimitRequestRatio if specified, the named resource must have a request and limit whose ratio is not more than this.

== PersistentVolumeClaim: PersistentVolumeClaim is a user's request for and claim to a persistent volume
apiVersion string                      APIVersion defines the versioned schema of this representation of an object.
kind       string                      Kind is a string value representing the REST resource this object represents.
metadata   meta.ObjectMeta             Standard object's metadata.
spec       PersistentVolumeClaimSpec   spec defines the desired characteristics of a volume requested by a pod author.
status     PersistentVolumeClaimStatus status represents the current information/status of a persistent volume claim. Read-only.

== PersistentVolumeClaimStatus: PersistentVolumeClaimStatus is the current status of a persistent volume claim.
phase                            string           phase represents the current phase of PersistentVolumeClaim: Pending, Bound or Lost.
accessModes                      []string         accessModes contains the actual access modes the volume backing the PVC has.
capacity                         map[]quantity    capacity represents the actual resources of the underlying volume.
conditions                       []meta.Condition conditions is the current Condition of persistent volume claim.
allocatedResources               map[]quantity    allocatedResources tracks the resources allocated to a PVC including its capacity.
allocatedResourceStatuses        map[]string      allocatedResourceStatuses stores status of resource being resized for the given PVC.
currentVolumeAttributesClassName string           currentVolumeAttributesClassName is the current name of the VolumeAttributesClass the PVC is using.
modifyVolumeStatus               object           ModifyVolumeStatus represents the status object of ControllerModifyVolume operation.

== Pod: Pod is a collection of containers that can run on a host. Pods are created by the executor, one for each attempt of a TaskRun.
apiVersion string          APIVersion defines the versioned schema of this representation of an object.
kind       string          Kind is a string value representing the REST resource this object represents.
metadata   meta.ObjectMeta Standard object's metadata.
spec       PodSpec         Specification of the desired behavior of the pod.
status     PodStatus       Most recently observed status of the pod. Read-only.

== EventSource: EventSource contains information for an event.
component string Component from which the event is generated.
host      string Node name on which the event is generated.

== EventSeries: EventSeries contain information on series of events, i.e. thing that was/is happening continuously for some time.
count            integer Number of occurrences in this series up to the last heartbeat time
lastObservedTime time    Time of the last occurrence observed

== Event: Event is a report of an event somewhere in the platform.
apiVersion         string          APIVersion defines the versioned schema of this representation of an object.
kind               string          Kind is a string value representing the REST resource this object represents.
metadata!          meta.ObjectMeta Standard object's metadata.
involvedObject!    ObjectReference The object that this event is about.
type               string          Type of this event (Normal, Warning), new types could be added in the future
reason             string          This should be a short, machine understandable string that gives the reason for the transition into the object's current status.
message            string          A human-readable description of the status of this operation.
action             string          What action was taken/failed regarding to the Regarding object.
source             EventSource     The component reporting this event.
count              integer         The number of times this event has occurred.
firstTimestamp     time            The time at which the event was first recorded.
lastTimestamp      time            The time at which the most recent occurrence of this event was recorded.
eventTime          time            Time when this Event was first observed.
series             EventSeries     Data about the Event series this event represents or nil if it's a singleton Event.
related            ObjectReference Optional secondary object for more complex actions.
reportingComponent string          Name of the controller that emitted this Event.
reportingInstance  string          ID of the controller instance.
`;
