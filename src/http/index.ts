/** @file The folder's door: the HTTP application. */
export { type AppOptions, buildApp } from './app.ts';
export { createOpenApi, type Examples } from './openapi.ts';
