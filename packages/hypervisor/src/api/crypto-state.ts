/** HostSystem.CryptoState, as the vSphere API spells it: not safe for secrets; primed; host key set; off after a reboot. */
export type CryptoState = 'incapable' | 'prepared' | 'safe' | 'pendingIncapable';

/** ESXi versions whose differences matter here (design.md section 8); what each can do is in capability.ts. */
export type EsxiVersion = '6.0' | '6.5' | '6.7' | '7.0' | '7.0U2' | '8.0' | '8.0U3';
