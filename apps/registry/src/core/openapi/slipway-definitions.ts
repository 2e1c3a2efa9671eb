// slipway.dev: the kinds of our own.

export const SLIPWAY_DEFINITIONS = `
== Approval: Approval asks people whether a pipeline may go on. It is made for a task whose taskRef names this kind.
apiVersion string          APIVersion defines the versioned schema of this representation of an object.
kind       string          Kind is a string value representing the REST resource this object represents.
metadata   meta.ObjectMeta Standard object's metadata.
spec       ApprovalSpec    Spec says who is asked what, and what they said.
status     ApprovalStatus  Status says what became of the question. Written by the platform.

== ApprovalSpec: ApprovalSpec says who is asked what, and what they said.
approvers []string           Approvers are the users who may decide, or groups as group:NAME.
required  integer            Required is how many must approve. Default: 1.
message   string             Message is what the approvers are asked.
decisions []ApprovalDecision Decisions are what they said so far, in order.

== ApprovalDecision: ApprovalDecision is what one user said.
user!     string User is the authenticated user who decided.
decision! string Decision is approve or reject.
message   string Message says why.
at        time   At is when it was said. Set by the platform.

== ApprovalStatus: ApprovalStatus says what became of the question.
conditions         []meta.Condition Conditions: Succeeded says whether the pipeline may go on.
observedGeneration integer          ObservedGeneration is the generation that the status is about.
startTime          time             StartTime is when the question was asked.
completionTime     time             CompletionTime is when it was answered.

== RetentionPolicy: RetentionPolicy says how long the finished runs of its namespace are kept.
apiVersion string              APIVersion defines the versioned schema of this representation of an object.
kind       string              Kind is a string value representing the REST resource this object represents.
metadata   meta.ObjectMeta     Standard object's metadata.
spec       RetentionPolicySpec Spec says what is kept.

== RetentionPolicySpec: RetentionPolicySpec says what is kept, by outcome. An outcome that is left out is kept without limit.
succeeded KeptRuns Succeeded are the runs that succeeded.
failed    KeptRuns Failed are the runs that failed, timed out or were cancelled.
pods      KeptPods Pods are the pods on a cluster, which may go before their runs do: logs and states are stored.

== KeptPods: KeptPods says which pods are kept, by outcome. An outcome that is left out is kept as long as its run.
succeeded KeptRuns Succeeded are the pods whose steps succeeded.
failed    KeptRuns Failed are the pods of which a step failed, or which did not come to their end.

== KeptRuns: KeptRuns are the runs of one outcome. A run goes when one of the limits is passed.
keep integer Keep is how many of each kind are kept, the last that ended.
for  string  For is how long they are kept after their end.
`;
