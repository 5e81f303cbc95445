import { oneOf, plainText, userNameSchema } from '@vcryptsim/lab';
import { z } from 'zod';
import type { BoundExpectation } from '../expectations/expectation-kind.js';
import { EXPECTATIONS } from '../expectations/registry.js';
import type { Binding, BindPlace } from '../language/binding.js';
import { nearestWord } from '../language/nearest-word.js';
import type { ScenarioProblem } from '../language/problem.js';
import { checkValue, withoutTwins } from '../language/schema-problems.js';
import type { YamlPath, YamlSource } from '../language/yaml-source.js';
import type { Caller } from '../scene/scene.js';
import { STEPS } from '../steps/registry.js';
import type { StepKind } from '../steps/step-kind.js';
import type { BoundSteps, StepsOfPart } from './bound-steps.js';
import { allSteps, type PlannedStep, type Quiz } from './scenario.js';
import { bindMeanwhile, bindTogether, type HolderKind } from './side-by-side.js';
import { BESIDE_WORDS, STRUCTURE_WORDS } from './structure-words.js';

const BESIDE_A_VERB = BESIDE_WORDS.map(({ word }) => word);
const STRUCTURE = STRUCTURE_WORDS.map(({ word }) => word);
/** A scenario is a story for people and CI, not a load generator. */
const STEPS_MAX = 5_000;
/** A list with more mistakes than this is not read further. */
const PROBLEMS_MAX = 100;
/** Characters of an unknown word, and unknown words of a step, that are shown. */
const WORD_SHOWN = 60;
const UNKNOWN_SHOWN = 10;
const KNOWN_SHOWN = 30;
/** Longer arguments are cut in titles. */
const TITLE_MAX = 100;

/** `repeat`, but for the steps inside. */
export const repeatSchema = z.strictObject({ times: z.int().min(1).max(1_000), steps: z.array(z.unknown()).min(1) });

/** `quiz` beside a verb. */
export const quizSchema = z
  .strictObject({
    ask: plainText(300),
    choices: z.array(plainText(100)).min(2).max(9),
    answer: z.int().min(1).max(9),
    why: plainText(600),
  })
  .refine((quiz) => quiz.answer <= quiz.choices.length, { path: ['answer'], message: 'no choice has that number' });

/** `as` and `via` beside a verb: who takes the step, by the web client or by the API. */
export const callerSchema = z.object({
  as: userNameSchema.optional(),
  via: z.enum(['client', 'api']).default('client'),
  vcenter: z.string().optional(),
});

/** Binds the list of steps under `place.path`; parts are spliced in, repetitions written out. */
export async function bindSteps(
  list: readonly unknown[],
  place: BindPlace,
  stepsOfPart: StepsOfPart,
): Promise<BoundSteps> {
  const steps: PlannedStep[] = [];
  const problems: ScenarioProblem[] = [];
  const entryPlace = (index: number): BindPlace => ({ ...place, path: [...place.path, index] });
  let count = 0;
  for (let index = 0; index < list.length; index++) {
    const entry = list[index];
    const next = index + 1 < list.length ? { entry: list[index + 1], place: entryPlace(index + 1) } : null;
    const isHeld = isMap(entry) && 'meanwhile' in entry;
    const one = isHeld
      ? await bindMeanwhile(entry, entryPlace(index), next, (each, at) => bindEntry(each, at, stepsOfPart), bindVerb)
      : await bindEntry(entry, entryPlace(index), stepsOfPart);
    steps.push(...one.steps);
    problems.push(...one.problems);
    count += allSteps(one.steps).length;
    if (count > STEPS_MAX) {
      problems.push(
        place.source.problemAt(
          [...place.path, index],
          `from here on the scenario has more than ${STEPS_MAX} steps, the limit`,
        ),
      );
      return { steps: steps.slice(0, STEPS_MAX), problems };
    }
    if (problems.length > PROBLEMS_MAX) break;
    // The step after `meanwhile` is a part of it.
    if (isHeld) index++;
  }
  return { steps, problems };
}

async function bindEntry(entry: unknown, place: BindPlace, stepsOfPart: StepsOfPart): Promise<BoundSteps> {
  if (!isMap(entry)) {
    return refuse(place.source.problemAt(place.path, "a step is a map: a verb and its arguments, as 'wait: 5m'"));
  }
  const map = entry;
  const words = Object.keys(map).filter((word) => !BESIDE_A_VERB.includes(word));
  const unknown = words.filter((word) => !STRUCTURE.includes(word) && kindOf(word) === undefined);
  if (unknown.length > 0) {
    unknown.splice(UNKNOWN_SHOWN);
    const known = [...STEPS.map((kind) => kind.verb), ...STRUCTURE, ...BESIDE_A_VERB];
    return refuse(
      ...unknown.map((word) =>
        place.source.problemAtKey(
          place.path,
          word,
          `unknown step '${word.slice(0, WORD_SHOWN)}'`,
          nearestWord(word, known),
        ),
      ),
    );
  }
  const [word, second] = words;
  if (word === undefined) return refuse(place.source.problemAt(place.path, 'this step has no verb'));
  if (second !== undefined) {
    const message = `'${second}' and '${word}' are two steps; start the second with its own dash`;
    return refuse(place.source.problemAtKey(place.path, second, message));
  }
  const holder = STRUCTURE_WORDS.find((each) => each.word === word);
  const idle = holder && BESIDE_A_VERB.find((each) => each in map && !holder.beside.includes(each));
  if (idle !== undefined) {
    const message = `'${idle}' goes beside a step, not beside '${word}'; put it beside the steps inside`;
    return refuse(place.source.problemAtKey(place.path, idle, message));
  }
  if (word === 'use') return bindUse(map.use, place, stepsOfPart);
  if (word === 'repeat') return bindRepeat(map.repeat, place, stepsOfPart);
  if (word === 'together') {
    return bindTogether(map, place, (each, at) => bindEntry(each, at, stepsOfPart), bindVerb);
  }
  if (word === 'meanwhile') {
    return refuse(place.source.problemAtKey(place.path, word, "'meanwhile' goes before a step in the list of steps"));
  }
  const kind = kindOf(word);
  return kind === undefined ? { steps: [], problems: [] } : bindVerb(kind, map, place);
}

function bindVerb(kind: HolderKind, map: Readonly<Record<string, unknown>>, place: BindPlace): BoundSteps {
  const { source, path } = place;
  const problems: ScenarioProblem[] = [];
  const args = kind.takesConditions ? splitConditions(map[kind.verb]) : { own: map[kind.verb], conditions: {} };
  const conditions = bindExpectations(args.conditions, { ...place, path: [...path, kind.verb] }, ['within', 'every']);
  const expectations = bindExpectations(map.expect ?? {}, { ...place, path: [...path, 'expect'] }, []);
  const action = kind.bind(args.own, { ...place, path: [...path, kind.verb] }, conditions.bound);
  const quiz = bindQuiz(map.quiz, source, [...path, 'quiz']);
  const caller = bindCaller(map, place);
  problems.push(...conditions.problems, ...expectations.problems);
  if ('problems' in action) problems.push(...action.problems);
  if ('problems' in quiz) problems.push(...quiz.problems);
  if ('problems' in caller) problems.push(...caller.problems);
  if (problems.length > 0 || 'problems' in action || 'problems' in quiz || 'problems' in caller) {
    return { steps: [], problems: withoutTwins(problems) };
  }
  const { line, column } = source.problemAt(path, '');
  const step: PlannedStep = {
    verb: kind.verb,
    title: `${kind.verb}: ${onOneLine(map[kind.verb])}`,
    file: source.file,
    line,
    column,
    caller: caller.bound,
    action: action.bound,
    expectations: expectations.bound,
    quiz: quiz.value,
    strands: [],
  };
  return { steps: [step], problems };
}

function bindExpectations(
  value: unknown,
  place: BindPlace,
  alsoKnown: readonly string[],
): { bound: BoundExpectation[]; problems: ScenarioProblem[] } {
  const { source, path, names } = place;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { bound: [], problems: [source.problemAt(path, 'a map of expectations is expected here')] };
  }
  const bound: BoundExpectation[] = [];
  const problems: ScenarioProblem[] = [];
  for (const [word, each] of Object.entries(value)) {
    const binding = EXPECTATIONS.map((kind) => kind.bind(word, each, place)).find((one) => one !== null);
    if (binding === undefined) {
      const known = [...EXPECTATIONS.flatMap((kind) => kind.wordsOf(names)), ...alsoKnown];
      const message = `unknown expectation '${word.slice(0, WORD_SHOWN)}'; known here: ${known.slice(0, KNOWN_SHOWN).join(', ')}`;
      problems.push(source.problemAtKey(path, word, message, nearestWord(word, known)));
    } else if ('problems' in binding) problems.push(...binding.problems);
    else bound.push(binding.bound);
  }
  return { bound, problems };
}

function bindQuiz(
  value: unknown,
  source: YamlSource,
  path: YamlPath,
): { readonly value: Quiz | null } | { readonly problems: readonly ScenarioProblem[] } {
  return value === undefined ? { value: null } : checkValue(quizSchema, value, source, path);
}

function bindCaller(
  { as, via, vcenter }: Readonly<Record<string, unknown>>,
  { source, path, names }: BindPlace,
): Binding<Caller> {
  const given = Object.fromEntries(Object.entries({ as, via, vcenter }).filter(([, value]) => value !== undefined));
  const checked = checkValue(callerSchema.extend({ vcenter: oneOf(names?.vcenters).optional() }), given, source, path);
  if ('problems' in checked) return checked;
  return { bound: { user: checked.value.as ?? null, via: checked.value.via, vcenter: checked.value.vcenter ?? null } };
}

async function bindUse(name: unknown, place: BindPlace, stepsOfPart: StepsOfPart): Promise<BoundSteps> {
  if (typeof name === 'string') return stepsOfPart(name, place);
  return refuse(place.source.problemAt([...place.path, 'use'], "'use' needs the path of one part"));
}

async function bindRepeat(value: unknown, place: BindPlace, stepsOfPart: StepsOfPart): Promise<BoundSteps> {
  const path = [...place.path, 'repeat'];
  const checked = checkValue(repeatSchema, value, place.source, path);
  if ('problems' in checked) return refuse(...checked.problems);
  const once = await bindSteps(checked.value.steps, { ...place, path: [...path, 'steps'] }, stepsOfPart);
  if (allSteps(once.steps).length * checked.value.times > STEPS_MAX) {
    return refuse(place.source.problemAt(path, `this makes more than ${STEPS_MAX} steps, the limit`));
  }
  return { steps: Array.from({ length: checked.value.times }, () => once.steps).flat(), problems: once.problems };
}

/** `until` keeps its own two words; everything else in its map is a condition. */
function splitConditions(value: unknown): { own: unknown; conditions: unknown } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { own: value, conditions: {} };
  const { within, every, ...conditions } = value as Readonly<Record<string, unknown>>;
  return { own: { within, every }, conditions };
}

function isMap(entry: unknown): entry is Readonly<Record<string, unknown>> {
  return typeof entry === 'object' && entry !== null && !Array.isArray(entry);
}

function kindOf(verb: string): StepKind | undefined {
  return STEPS.find((kind) => kind.verb === verb);
}

function refuse(...problems: ScenarioProblem[]): BoundSteps {
  return { steps: [], problems };
}

/** The arguments of a step as one line of YAML, cut where it gets long. */
function onOneLine(value: unknown): string {
  // A line end in a value would begin a line that looks like one of ours.
  const text = flow(value).replaceAll(/\s+/g, ' ');
  return text.length > TITLE_MAX ? `${text.slice(0, TITLE_MAX - 3)}...` : text;
}

function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  const entries = Object.entries(value).map(([key, each]) => `${key}: ${flow(each)}`);
  return `{ ${entries.join(', ')} }`;
}
