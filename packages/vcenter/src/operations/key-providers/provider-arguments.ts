import type { KeyServerName, NetworkAddress, ProviderId } from '@vcryptsim/ports';
import { z } from 'zod';
import type { KmipServerSpec } from '../../terms/requests.js';
import { bytesArgument, textArgument } from '../arguments.js';

/** Arguments that name a key provider. */
export interface ProviderArguments {
  readonly providerId: ProviderId;
}

export const providerArguments: z.ZodType<ProviderArguments> = z.strictObject({
  providerId: textArgument<ProviderId>(),
});

/** Arguments that name one key server of a provider. */
export interface ServerArguments extends ProviderArguments {
  readonly server: KeyServerName;
}

export const serverArguments: z.ZodType<ServerArguments> = z.strictObject({
  providerId: textArgument<ProviderId>(),
  server: textArgument<KeyServerName>(),
});

const address = z.union([
  z.strictObject({ name: z.string() }),
  z.strictObject({ host: z.string(), port: z.number().int().min(1).max(65_535) }),
]) as z.ZodType<NetworkAddress>;

/** KmipServerSpec */
export const kmipServerSpec: z.ZodType<KmipServerSpec> = z.strictObject({
  providerId: textArgument<ProviderId>(),
  server: z.strictObject({ name: textArgument<KeyServerName>(), address, userName: z.string().optional() }),
  password: bytesArgument.optional(),
}) as z.ZodType<KmipServerSpec>;
