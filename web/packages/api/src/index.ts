export * from "./types";
export * from "./errors";
export * from "./client";
export * from "./live";
export * from "./blocks";
export * from "./frame";
