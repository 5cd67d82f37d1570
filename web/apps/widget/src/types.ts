// What the visitor's side of docs/protocol.md adds to @zhike/api.
import type { Block, Conversation, Id, Message } from "@zhike/api";

export interface Config {
  title: string;
  brand_color: string;
  greeting: string;
  locale: string;
  suggested_questions: string[];
  launcher_position: "right" | "left";
  online: boolean; // a person is there
}
export interface VisitorConversation extends Pick<
  Conversation,
  "id" | "status" | "handler" | "last_message_id" | "rating" | "queue_position"
> {
  visitor_read_id: Id | null;
  agent_read_id: Id | null;
}
export interface SessionAnswer {
  visitor_token: string;
  conversation: VisitorConversation | null;
  seq: number;
}
export interface ConversationAnswer {
  conversation: VisitorConversation | null;
  messages: Message[];
  seq: number;
}
export interface SendAnswer {
  message: Message;
  conversation_id: Id;
}

// A message on its way out. Kept in the browser until the server has acknowledged it.
export interface Pending {
  client_id: string;
  blocks: Block[]; // what is shown, and sent unless a choice was taken
  pick: string | null;
  created_at: string;
  state: "uploading" | "queued" | "sending" | "failed";
  error: string; // why it failed: a code of ApiError
  progress: number; // 0–1 while uploading
}
