import { type InventoryNames, inFirstThatKnows, type LabNames, succeed, type World } from '@vcryptsim/lab';
import type { AnyOperation, ObjectType, PlainOperation, TaskOperation } from '@vcryptsim/lab/catalogue';
import { assert, type MoRef } from '@vcryptsim/ports';
import { z } from 'zod';
import type { Named } from '../named.js';
import { type StepKind, stepKind } from '../step-kind.js';
import { clusterWord, hostWord, vmWord, type Word } from './word.js';

type Fields = Readonly<Record<string, unknown>>;

/** An operation of the catalogue, by what it says of itself. */
type OperationOf<Args> = Pick<AnyOperation, 'kind' | 'verb' | 'about' | 'on'> & { readonly args: z.ZodType<Args> };

/** What a step says beside what its operation says of itself. */
export interface OperationWords<Args> {
  readonly example: string;
  /** The field that a plain value fills, where it is not the object's. */
  readonly main?: string;
  /** How the object is named; left out, by the kind of object that the operation is called on. */
  readonly object?: Word;
  /** Arguments that are written in another way than the API has them. */
  readonly words?: { readonly [Name in keyof Args]?: Word };
  /** Arguments that a step does not have; others say them in other words. */
  readonly hidden?: readonly (keyof Args)[];
  /** What arguments are that a step leaves out. */
  readonly defaults?: Partial<Args>;
  /** What arguments are that a step leaves out, by what vCenter has now. */
  readonly known?: (args: Fields, names: InventoryNames) => Partial<Args>;
  /** Arguments that only a host can say, such as which snapshot a name means. */
  readonly lookUp?: (fields: Fields, world: World) => Promise<Partial<Args>>;
  readonly makes?: (fields: Fields) => readonly Named[];
  readonly drops?: (fields: Fields) => readonly Named[];
  /** What to say when it is done. The observer takes note here of what only he keeps. */
  readonly facts?: (answer: unknown, fields: Fields, world: World) => readonly string[] | Promise<readonly string[]>;
}

const OBJECTS: Partial<Record<AnyOperation['on'], Word>> = {
  VirtualMachine: vmWord,
  HostSystem: hostWord,
  ClusterComputeResource: clusterWord,
};

/**
 * Makes a step of an operation of the catalogue: verb, sentence and arguments are the operation's own; names are turned
 * into references when the step is taken.
 */
export function operationStep<Args>(operation: OperationOf<Args>, o: OperationWords<Args>): StepKind {
  const { verb, about, on, args: schema, kind } = operation;
  assert(verb !== undefined, 'an operation that is a step has a verb');
  const object = o.object ?? OBJECTS[on];
  const words = wordsOf(schema, o);
  const all = object === undefined ? words : [{ name: null, word: object }, ...words];
  const main = o.main ?? object?.field ?? words[0]?.word.field;
  const resolve = (fields: Fields, names: InventoryNames) => {
    const args: Record<string, unknown> = {};
    for (const { name, word } of words) {
      const value = fields[word.field];
      if (name !== null && value !== undefined) args[name] = word.resolve(value, names, args, fields);
    }
    const whole = { ...o.defaults, ...o.known?.(args, names), ...args } as Args;
    const ref = object === undefined ? null : (object.resolve(fields[object.field], names, args, fields) as MoRef);
    return { ref, whole };
  };
  return stepKind({
    verb,
    about,
    example: o.example,
    ...(main === undefined ? {} : { mainField: main }),
    args: (names) => schemaOf(all, main, names),
    plan: (fields) => ({
      makes: o.makes?.(fields) ?? [],
      drops: o.drops?.(fields) ?? [],
      uses: all.flatMap(({ word }) =>
        fields[word.field] === undefined ? [] : (word.uses?.(fields[word.field]) ?? []),
      ),
    }),
    run: async (fields, { world, session, vcenters }) => {
      // A VM of that name in two vCenters is told apart by the step alone.
      if (object === vmWord && vcenters().length > 1) world.vmAnywhere(String(fields[vmWord.field]));
      // Names mean what they mean in the first vCenter that knows all of them.
      const { ref, whole, vcenter } = inFirstThatKnows(vcenters(), (names, each) => ({
        ...resolve(fields, names),
        vcenter: each,
      }));
      const args = { ...whole, ...(await o.lookUp?.(fields, world)) };
      const caller = session(vcenter);
      const answer =
        kind === 'task'
          ? succeed(await caller.run(operation as unknown as TaskOperation<ObjectType, Args>, ref, args))
          : await caller.call(operation as unknown as PlainOperation<ObjectType, Args>, ref, args);
      return { facts: (await o.facts?.(answer, fields, world)) ?? [] };
    },
  });
}

interface NamedWord {
  /** Of the argument; null for the object. */
  readonly name: string | null;
  readonly word: Word;
}

/** An argument that needs no other word is written as the operation's own schema has it. */
function wordsOf<Args>(schema: z.ZodType, o: OperationWords<Args>): readonly NamedWord[] {
  assert(schema instanceof z.ZodObject, 'the arguments of an operation are a map');
  const shape = Object.entries(schema.shape as Readonly<Record<string, z.ZodType>>);
  // Secrets are never written in a scenario.
  return shape
    .filter(([name]) => name !== 'password' && o.hidden?.includes(name as keyof Args) !== true)
    .map(([name, own]) => {
      const given = o.words?.[name as keyof Args];
      const isLeftOut = own.safeParse(undefined).success || name in (o.defaults ?? {}) || o.known !== undefined;
      const word = given ?? {
        field: name,
        schema: () => own,
        isOptional: isLeftOut,
        resolve: (value: unknown) => value,
      };
      return { name, word: { ...word, isOptional: word.isOptional ?? name in (o.defaults ?? {}) } };
    });
}

function schemaOf(all: readonly NamedWord[], main: string | undefined, names: LabNames | undefined): z.ZodType<Fields> {
  const shape = Object.fromEntries(
    all.map(({ word }) => [word.field, word.isOptional ? word.schema(names).optional() : word.schema(names)]),
  );
  const map = z.strictObject(shape) as z.ZodType<Fields>;
  const isAlone = all.every(({ word }) => word.field === main || word.isOptional);
  const plain = all.find(({ word }) => word.field === main)?.word.schema(names);
  if (main === undefined) return z.union([z.null().transform((): Fields => ({})), map]);
  if (!isAlone || plain === undefined) return map;
  return z.union([plain.transform((value): Fields => ({ [main]: value })), map]);
}
