/** @file Style sheets are imported for the bundler to see them. */
declare module '*.css';
