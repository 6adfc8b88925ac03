/** @file The one table of errors that clients can meet: code, status and title. `docs/errors.md` explains each. */

export const errorTable = {
  malformed_json: { status: 400, title: 'The body is not JSON' },
  json_too_deep: { status: 400, title: 'The body is nested too deeply' },
  bad_request: { status: 400, title: 'The request cannot be understood' },
  unauthorized: { status: 401, title: 'A valid access key is needed' },
  job_not_found: { status: 404, title: 'There is no such job' },
  run_not_found: { status: 404, title: 'The job has no such run' },
  weights_not_found: { status: 404, title: 'The weights of this run were not kept' },
  catalog_entry_not_found: { status: 404, title: 'The catalogue has no such entry' },
  route_not_found: { status: 404, title: 'There is no such route' },
  method_not_allowed: { status: 405, title: 'The route does not take this method' },
  request_timeout: { status: 408, title: 'The request took too long to arrive' },
  job_not_finished: { status: 409, title: 'The job has no result' },
  job_not_terminal: { status: 409, title: 'The job is not finished' },
  body_too_large: { status: 413, title: 'The body is too large' },
  unsupported_media_type: { status: 415, title: 'The body has to be application/json' },
  validation_failed: { status: 422, title: 'The request is not valid' },
  experiment_too_large: { status: 422, title: 'The experiment is too large for this service' },
  idempotency_key_reused: { status: 422, title: 'The Idempotency-Key came with another body before' },
  rate_limited: { status: 429, title: 'Too many requests' },
  quota_exceeded: { status: 429, title: 'The access key has used up its share for now' },
  headers_too_large: { status: 431, title: 'The headers are too large' },
  internal_error: { status: 500, title: 'Something failed on our side' },
  database_unavailable: { status: 503, title: 'The database does not answer' },
  overloaded: { status: 503, title: 'The service has too much to do' },
  not_ready: { status: 503, title: 'The service is not ready' },
  storage_full: { status: 507, title: 'There is no room left to store it' },
} as const;

export type ErrorCode = keyof typeof errorTable;
