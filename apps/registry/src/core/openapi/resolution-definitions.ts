// resolution.tekton.dev: one object for each remote definition that is fetched.

export const RESOLUTION_DEFINITIONS = `
== ResolutionRequest: ResolutionRequest is an object for requesting the content of a Tekton resource like a pipeline.yaml.
apiVersion string                  APIVersion defines the versioned schema of this representation of an object.
kind       string                  Kind is a string value representing the REST resource this object represents.
metadata   meta.ObjectMeta         Standard object's metadata.
spec       ResolutionRequestSpec   Spec holds the information for the request part of the resource request.
status     ResolutionRequestStatus Status communicates the state of the request and, ultimately, the content of the resolved resource.

== ResolutionRequestSpec: ResolutionRequestSpec says what to fetch. The label resolution.tekton.dev/type says by which resolver.
@v1beta1 params  []Param          Parameters are the runtime attributes passed to the resolver to help it figure out how to resolve the resource being requested.
@v1alpha1 params map[]paramValue Parameters are the runtime attributes passed to the resolver to help it figure out how to resolve the resource being requested.
url              string           URL is the runtime url passed to the resolver to help it figure out how to resolver the resource being requested.

== Param: Param declares an ParamValues to use for the parameter called name.
name!  string     Name of the parameter.
value! paramValue Value of the parameter: a string, a list of strings or an object of strings.

== ResolutionRequestStatus: ResolutionRequestStatus are all the fields in a ResolutionRequest's status subresource.
conditions         []meta.Condition Conditions the latest available observations of a resource's current state: Succeeded says what became of the request.
observedGeneration integer          ObservedGeneration is the 'Generation' of the object that was last processed by the controller.
annotations        map[]string      Annotations is additional Status fields for the Resource to save some additional State as well as convey more information to the user.
data               string           Data is a string representation of the resolved content of the requested resource in-lined into the ResolutionRequest object.
source             RefSource        Deprecated: Use RefSource instead
refSource          RefSource        RefSource is the source reference of the remote data that records the url, digest and the entrypoint.

== RefSource: RefSource contains the information that can uniquely identify where a remote built definition came from.
uri        string      URI indicates the identity of the source of the build definition.
digest     map[]string Digest is a collection of cryptographic digests for the contents of the artifact specified by URI.
entryPoint string      EntryPoint identifies the entry point into the build.
`;
