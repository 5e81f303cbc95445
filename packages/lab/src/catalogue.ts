export * from '@vcryptsim/vcenter/catalogue';
