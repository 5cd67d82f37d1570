// "agent:3" of a ledger or a version in words.
import { useDirectory } from "./directory";

export function actorName(actor: string): string {
  const id = /^agent:(\d+)$/.exec(actor)?.[1];
  return (id && useDirectory().agentById.get(Number(id))?.name) || actor || "—";
}
