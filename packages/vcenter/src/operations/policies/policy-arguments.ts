import { z } from 'zod';
import type { PolicyId } from '../../database/schema.js';
import { nameArgument, textArgument } from '../arguments.js';

/** What a storage policy says. */
export interface PolicyArguments {
  readonly name: string;
  readonly description: string;
  /** Whether it has the IO filter of VM encryption. */
  readonly encrypts: boolean;
  /** `AllowCleartextFilters`: other IO filters may run before the encryption. */
  readonly allowCleartextFilters: boolean;
}

export const policyShape = {
  name: nameArgument<string>(),
  description: z.string().max(1_024, 'a description has more than 1024 characters'),
  encrypts: z.boolean(),
  allowCleartextFilters: z.boolean(),
};

export const policyIdArgument = textArgument<PolicyId>();
