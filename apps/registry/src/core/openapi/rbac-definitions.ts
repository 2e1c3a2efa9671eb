// rbac.authorization.k8s.io: stored, so that files with them can be applied, and without effect here.

export const RBAC_DEFINITIONS = `
== Role: Role would allow things in a namespace. It is stored and has no effect: rights are in the tokens file.
apiVersion string          APIVersion defines the versioned schema of this representation of an object.
kind       string          Kind is a string value representing the REST resource this object represents.
metadata   meta.ObjectMeta Standard object's metadata.
rules      []PolicyRule    Rules holds the verbs and resources that the role would allow.

== ClusterRole: ClusterRole would allow things everywhere. It is stored and has no effect: rights are in the tokens file.
apiVersion string          APIVersion defines the versioned schema of this representation of an object.
kind       string          Kind is a string value representing the REST resource this object represents.
metadata   meta.ObjectMeta Standard object's metadata.
rules      []PolicyRule    Rules holds the verbs and resources that the role would allow.
aggregationRule object     AggregationRule describes how the rules are built from other roles.

== RoleBinding: RoleBinding would give a role to users in a namespace. It is stored and has no effect: rights are in the tokens file.
apiVersion string          APIVersion defines the versioned schema of this representation of an object.
kind       string          Kind is a string value representing the REST resource this object represents.
metadata   meta.ObjectMeta Standard object's metadata.
subjects   []Subject       Subjects holds references to the users, groups and accounts that the role would apply to.
roleRef!   RoleRef         RoleRef names the role.

== ClusterRoleBinding: ClusterRoleBinding would give a role to users everywhere. It is stored and has no effect: rights are in the tokens file.
apiVersion string          APIVersion defines the versioned schema of this representation of an object.
kind       string          Kind is a string value representing the REST resource this object represents.
metadata   meta.ObjectMeta Standard object's metadata.
subjects   []Subject       Subjects holds references to the users, groups and accounts that the role would apply to.
roleRef!   RoleRef         RoleRef names the role.

== PolicyRule: PolicyRule holds information that describes a policy rule.
verbs!          []string Verbs is a list of verbs.
apiGroups       []string APIGroups is the name of the groups that contain the resources.
resources       []string Resources is a list of resources this rule applies to.
resourceNames   []string ResourceNames is an optional white list of names that the rule applies to.
nonResourceURLs []string NonResourceURLs is a set of partial urls that a user should have access to.

== Subject: Subject contains a reference to a user, a group or an account.
kind!     string Kind of object being referenced: User, Group or ServiceAccount.
apiGroup  string APIGroup holds the API group of the referenced subject.
name!     string Name of the object being referenced.
namespace string Namespace of the referenced object.

== RoleRef: RoleRef contains information that points to the role being used
kind!    string Kind is the type of resource being referenced
name!    string Name is the name of resource being referenced
apiGroup string APIGroup is the group for the resource being referenced
`;
