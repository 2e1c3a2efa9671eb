// Files of Knative Build and of older versions of Tekton as files of tekton.dev/v1.
//
//   V1. What is nothing of ours, and what is v1 already, stays byte for byte; converting twice is converting once.
//   V2. What cannot be said in v1 stays as it is written, and a problem says where, why and what to do.
//   V3. What belongs together (a template and its Builds, a resource and its tasks) is read from all files at once.

import { parseDocument } from 'yaml';
import type { InputProblem } from '../input/problems.js';
import { rewriteText } from './build-template.js';
import { withoutClusterTasks } from './cluster-tasks.js';
import { convertConditions } from './conditions.js';
import { CannotConvert, printFile, readFile, type FileDocument, type FileObject, type TextFile } from './files.js';
import { knativeConversions } from './knative.js';
import { lostFields } from './lost-fields.js';
import { inWordsOfV1, isRenamed, withNewKind } from './older-versions.js';
import { convertResources } from './resources.js';

export interface ConvertOptions {
  /** Namespace of what was for the whole cluster: ClusterTasks and ClusterBuildTemplates. */
  sharedNamespace: string;
}

export interface Conversion {
  /** Every file that was given, in order; the text may be the same. */
  files: TextFile[];
  /** What was left as it is, or means something else now. */
  problems: InputProblem[];
  /** Why nothing was converted: files that are no YAML. */
  notYaml: InputProblem[];
  converted: number;
}

const OLDER_KINDS: ReadonlySet<string> = new Set(['Task', 'ClusterTask', 'TaskRun', 'Pipeline', 'PipelineRun']);

/** Converts all files at once (V3). Never throws for what is in them. */
export function convertFiles(files: readonly TextFile[], options: ConvertOptions): Conversion {
  const problems: InputProblem[] = [];
  const notYaml: InputProblem[] = [];
  const read = files.map((file) => readFile(file, problems, notYaml));
  const objects = read.flatMap(({ documents }) => documents.flatMap((document) => document.objects));
  const attempt = (object: FileObject, convert: () => void): void => {
    try {
      convert();
      if (object.fate === 'untouched') object.fate = 'converted';
    } catch (thrown) {
      if (!(thrown instanceof CannotConvert)) throw thrown;
      object.fate = 'left';
      problems.push(problemOf(object, thrown));
    }
  };

  for (const { object, convert } of knativeConversions(objects, options.sharedNamespace)) attempt(object, convert);
  for (const object of objects.filter(isRenamed)) attempt(object, () => withNewKind(object));
  const older = objects.filter(isOlder);
  for (const object of older) attempt(object, () => inWordsOfV1(object.kind, object.tree));
  for (const convert of [convertResources, convertConditions]) {
    for (const { object, error } of convert(objects)) {
      object.fate = 'left';
      problems.push(problemOf(object, error));
    }
  }
  for (const object of older) {
    withoutClusterTasks(object.kind, object.tree, options.sharedNamespace);
    rewriteText(object.tree, 'apiVersion', 'tekton.dev/v1');
  }
  for (const object of objects) {
    if (object.fate !== 'converted') continue;
    for (const { message, hint, offset } of lostFields(object)) {
      problems.push({ place: object.document.placeAt(offset), message, hint });
    }
  }
  for (const { documents } of read) for (const document of documents) leaveBroken(document, problems);
  return {
    files: read.map(printFile),
    problems: problems.sort((one, other) => (one.place.line ?? 0) - (other.place.line ?? 0)),
    notYaml,
    converted: objects.filter(({ fate }) => fate === 'converted').length,
  };
}

/** An alias that came to stand before its anchor is an error of YAML: then all of the document stays as it was. */
function leaveBroken(document: FileDocument, problems: InputProblem[]): void {
  if (!document.objects.some(({ fate }) => fate === 'converted')) return;
  const text = document.print();
  if (!/[&*]\w/.test(text) || parseDocument(text, { version: '1.1', prettyErrors: false }).errors.length === 0) return;
  for (const object of document.objects) object.fate = 'left';
  problems.push({
    place: document.placeAt(document.objects[0]!.tree.offset),
    message: 'Left as it is: its aliases would stand before their anchors',
    hint: 'Write out what they stand for, then convert again.',
  });
}

function isOlder({ group, version, kind }: FileObject): boolean {
  return group === 'tekton.dev' && (version === 'v1alpha1' || version === 'v1beta1') && OLDER_KINDS.has(kind);
}

function problemOf({ document, kind, name }: FileObject, { message, hint, offset }: CannotConvert): InputProblem {
  return { place: document.placeAt(offset), message: `${kind} "${name}": ${message}`, hint };
}
