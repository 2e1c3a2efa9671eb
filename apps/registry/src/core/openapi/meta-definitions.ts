// What every object has: Kubernetes' meta/v1.

export const META_DEFINITIONS = `
== ObjectMeta: ObjectMeta is metadata that all persisted resources must have, which includes all objects users must create.
name                       string             Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Cannot be updated.
generateName               string             GenerateName is an optional prefix, used by the server, to generate a unique name only if the Name field has not been provided.
namespace                  string             Namespace defines the space within which each name must be unique. An empty namespace is equivalent to the "default" namespace.
labels                     map[]string        Map of string keys and values that can be used to organize and categorize (scope and select) objects.
annotations                map[]string        Annotations is an unstructured key value map stored with a resource that may be set by external tools to store and retrieve arbitrary metadata.
finalizers                 []string           Must be empty before the object is deleted from the registry.
ownerReferences            []OwnerReference   List of objects depended by this object. If all objects in the list have been deleted, this object will be garbage collected.
uid                        string             UID is the unique in time and space value for this object. Populated by the system. Read-only.
resourceVersion            string             An opaque value that represents the internal version of this object. Populated by the system. Read-only.
generation                 integer            A sequence number representing a specific generation of the desired state. Populated by the system. Read-only.
creationTimestamp          time               CreationTimestamp is a timestamp representing the server time when this object was created. Populated by the system. Read-only.
deletionTimestamp          time               DeletionTimestamp is RFC 3339 date and time at which this resource will be deleted. Populated by the system when a graceful deletion is requested. Read-only.
deletionGracePeriodSeconds integer            Number of seconds allowed for this object to gracefully terminate before it will be removed from the system. Read-only.
managedFields              []ManagedFieldsEntry ManagedFields maps workflow-id and version to the set of fields that are managed by that workflow. For internal housekeeping.
selfLink                   string             Deprecated: selfLink is a legacy read-only field that is no longer populated by the system.

== OwnerReference: OwnerReference contains enough information to let you identify an owning object.
apiVersion!        string  API version of the referent.
kind!              string  Kind of the referent.
name!              string  Name of the referent.
uid!               string  UID of the referent.
controller         boolean If true, this reference points to the managing controller.
blockOwnerDeletion boolean If true, and if the owner has the "foregroundDeletion" finalizer, then the owner cannot be deleted from the key-value store until this reference is removed.

== ManagedFieldsEntry: ManagedFieldsEntry is a workflow-id, a FieldSet and the group version of the resource that the fieldset applies to.
apiVersion  string  APIVersion defines the version of this resource that this field set applies to.
fieldsType  string  FieldsType is the discriminator for the different fields format and version.
fieldsV1    any     FieldsV1 holds the first JSON version format as described in the "FieldsV1" type.
manager     string  Manager is an identifier of the workflow managing these fields.
operation   string  Operation is the type of operation which lead to this ManagedFieldsEntry being created.
subresource string  Subresource is the name of the subresource used to update that object.
time        time    Time is the timestamp of when the ManagedFields entry was added.

== LabelSelector: A label selector is a label query over a set of resources.
matchLabels      map[]string                  matchLabels is a map of {key,value} pairs.
matchExpressions []LabelSelectorRequirement   matchExpressions is a list of label selector requirements. The requirements are ANDed.

== LabelSelectorRequirement: A label selector requirement is a selector that contains values, a key, and an operator that relates the key and values.
key!      string   key is the label key that the selector applies to.
operator! string   operator represents a key's relationship to a set of values. Valid operators are In, NotIn, Exists and DoesNotExist.
values    []string values is an array of string values.

== ListMeta: ListMeta describes metadata that synthetic resources must have, including lists and various status objects.
continue           string  continue may be set if the user set a limit on the number of items returned, and indicates that the server has more data available.
remainingItemCount integer remainingItemCount is the number of subsequent items in the list which are not included in this list response.
resourceVersion    string  String that identifies the server's internal version of this object.
selfLink           string  Deprecated: selfLink is a legacy read-only field that is no longer populated by the system.

== Condition: Condition says how one aspect of an object stands.
type!              string type of condition in CamelCase or in foo.example.com/CamelCase.
status!            string status of the condition, one of True, False, Unknown.
reason             string reason contains a programmatic identifier indicating the reason for the condition's last transition.
message            string message is a human readable message indicating details about the transition.
severity           string severity with which to treat failures of this type of condition. Empty means Error.
lastTransitionTime time   lastTransitionTime is the last time the condition transitioned from one status to another.
lastProbeTime      time   Last time the condition was probed.
lastUpdateTime     time   The last time this condition was updated.
observedGeneration integer observedGeneration represents the .metadata.generation that the condition was set based upon.

== DeleteOptions: DeleteOptions may be provided when deleting an API object.
apiVersion         string        APIVersion defines the versioned schema of this representation of an object.
kind               string        Kind is a string value representing the REST resource this object represents.
dryRun             []string      When present, indicates that modifications should not be persisted.
gracePeriodSeconds integer       The duration in seconds before the object should be deleted.
orphanDependents   boolean       Deprecated: please use the PropagationPolicy.
preconditions      Preconditions Must be fulfilled before a deletion is carried out.
propagationPolicy  string        Whether and how garbage collection will be performed: Orphan, Background or Foreground.

== Preconditions: Preconditions must be fulfilled before an operation (update, delete, etc.) is carried out.
resourceVersion string Specifies the target ResourceVersion
uid             string Specifies the target UID.

== Patch: Patch is provided to give a concrete name and type to the Kubernetes PATCH request body.

== Status: Status is a return value for calls that don't return other objects.
apiVersion string        APIVersion defines the versioned schema of this representation of an object.
kind       string        Kind is a string value representing the REST resource this object represents.
code       integer       Suggested HTTP return code for this status, 0 if not set.
details    StatusDetails Extended data associated with the reason.
message    string        A human-readable description of the status of this operation.
metadata   ListMeta      Standard list metadata.
reason     string        A machine-readable description of why this operation is in the "Failure" status.
status     string        Status of the operation. One of: "Success" or "Failure".

== StatusDetails: StatusDetails is a set of additional properties that MAY be set by the server to provide additional information about a response.
causes            []StatusCause The Causes array includes more details associated with the StatusReason failure.
group             string        The group attribute of the resource associated with the status StatusReason.
kind              string        The kind attribute of the resource associated with the status StatusReason.
name              string        The name attribute of the resource associated with the status StatusReason.
retryAfterSeconds integer       If specified, the time in seconds before the operation should be retried.
uid               string        UID of the resource.

== StatusCause: StatusCause provides more information about an api.Status failure, including cases when multiple errors are encountered.
field   string The field of the resource that has caused this error, as named by its JSON serialization.
message string A human-readable description of the cause of the error.
reason  string A machine-readable description of the cause of the error.
`;
