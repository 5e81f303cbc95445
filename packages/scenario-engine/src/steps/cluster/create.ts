import { createCluster } from '@vcryptsim/lab/catalogue';
import { operationStep } from '../operation/operation-step.js';
import { folderWord, newNameWord } from '../operation/word.js';

/** `cluster.create`: makes an empty cluster (CreateClusterEx). */
export const clusterCreate = operationStep(createCluster, {
  example: 'cluster.create: cluster-2',
  main: 'cluster',
  object: folderWord('host'),
  words: { name: newNameWord('cluster') },
  makes: ({ cluster }) => [{ kind: 'clusters', name: String(cluster) }],
});
