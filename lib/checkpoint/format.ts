/** What the metadata of a checkpoint says it is. Another version would be one that older readers cannot read. */
export const FORMAT = 'rmsprop-checkpoint';
export const FORMAT_VERSION = '1';
