import type { HostName, HostUuid } from '@vcryptsim/ports';

/** A UUID that is the same for each host of one name; the name is read off its end. */
export function uuidOfHost(name: HostName): HostUuid {
  return `00000000-0000-4000-8000-${Buffer.from(name).toString('hex').slice(-12).padStart(12, '0')}` as HostUuid;
}
