/** @file What may go wrong with an upload. */

export const uploadErrors = [
  'file_unreadable',
  'file_too_large',
  'quota_exceeded',
  'unsupported_media_type',
  'bad_request',
] as const;
