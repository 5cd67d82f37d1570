// What each role may do: the server's table (src/domain/names.cpp), shown to people. The server decides; this only explains.
import type { Permission, Role } from "@zhike/api";

export const roles: readonly Role[] = ["admin", "supervisor", "agent", "editor", "viewer"];
const all: Permission[] = [
  "conversation.read",
  "conversation.write",
  "conversation.assign",
  "contact.read",
  "contact.write",
  "knowledge.read",
  "knowledge.write",
  "knowledge.publish",
  "report.read",
  "settings.read",
  "settings.write",
  "user.write",
  "api_key.write",
  "webhook.write",
  "audit.read",
  "personal_data.reveal",
  "personal_data.erase",
];
const notSupervisor: Permission[] = ["user.write", "api_key.write", "webhook.write", "settings.write"];
export const permissionsOf: Record<Role, readonly Permission[]> = {
  admin: all,
  supervisor: all.filter((p) => !notSupervisor.includes(p)),
  agent: [
    "conversation.read",
    "conversation.write",
    "conversation.assign",
    "contact.read",
    "contact.write",
    "knowledge.read",
    "settings.read",
  ],
  editor: ["knowledge.read", "knowledge.write", "knowledge.publish", "report.read", "settings.read"],
  viewer: ["conversation.read", "contact.read", "knowledge.read", "report.read", "settings.read"],
};
export const allPermissions: readonly Permission[] = all;
