/** @file The files as one owner sees them: those of others are not there. */
import type { FileService } from './file.ts';
import type { FileStore, UploadLimits } from './file_store.ts';
import type { ModelImporter } from './model_importer.ts';

export const createOwnedFiles = (
  files: FileStore,
  models: Pick<ModelImporter, 'read'>,
  uploads: UploadLimits,
  owner: string,
): FileService => ({
  upload: (content, upload) => files.upload(owner, content, upload, uploads),
  find: (id) => files.find(owner, id),
  list: (limit, cursor) => files.list(owner, limit, cursor),
  content: (id) => files.content(owner, id),
  remove: (id) => files.remove(owner, id),
  provide: (ids) => files.provide(owner, ids),
  bring: (use) => files.bring(use),
  readModel: (content, openSize) => models.read(content, openSize, uploads.max_file_bytes),
});
