// The objects of docs/protocol.md as they travel.

export type Id = number;
export type Time = string; // ISO 8601, UTC

export type Block =
  | { type: "text"; text: string }
  | { type: "list"; ordered: boolean; items: string[] }
  | { type: "image"; url: string; alt: string }
  | { type: "link"; url: string; title: string }
  | { type: "buttons"; choices: Choice[] }
  | { type: "card"; title: string; text: string; image_url: string; url: string }
  | { type: "file"; attachment_id: Id; name: string; mime: string; size: number; url: string };
export type BlockType = Block["type"];
export interface Choice {
  id: string;
  label: string;
}

export type Role = "admin" | "supervisor" | "agent" | "editor" | "viewer";
export type Availability = "online" | "away" | "offline";
export type Permission =
  | "conversation.read"
  | "conversation.write"
  | "conversation.assign"
  | "contact.read"
  | "contact.write"
  | "knowledge.read"
  | "knowledge.write"
  | "knowledge.publish"
  | "report.read"
  | "settings.read"
  | "settings.write"
  | "user.write"
  | "api_key.write"
  | "webhook.write"
  | "audit.read"
  | "personal_data.reveal"
  | "personal_data.erase";

export interface Agent {
  id: Id;
  email: string;
  name: string;
  role: Role;
  availability: Availability;
  capacity: number;
  locale: string;
  disabled: boolean;
  team_ids: Id[];
  open_count: number;
  last_seen_at: Time | null;
}
export interface Session {
  agent: Agent;
  permissions: Permission[];
  csrf_token: string;
}
export interface Team {
  id: Id;
  name: string;
  agent_ids: Id[];
}
export interface InboxSettings {
  brand_color: string;
  title: string;
  greeting: string;
  locale: string;
  suggested_questions: string[];
  allowed_origins: string[];
  bot_enabled: boolean;
  launcher_position: "right" | "left";
  require_identity: boolean;
}
export interface Inbox {
  id: Id;
  name: string;
  channel: "web";
  website_token: string;
  team_id: Id | null;
  settings: InboxSettings;
}
export type PersonalKind =
  | "phone"
  | "landline"
  | "id_card"
  | "bank_card"
  | "email"
  | "plate"
  | "passport"
  | "wechat"
  | "birthday"
  | "name"
  | "address";
// A masked form in an object's text: path is a JSON pointer from the object, start and end count code points.
export interface PersonalMark {
  id: Id;
  kind: PersonalKind;
  path: string;
  start: number;
  end: number;
}
export interface RevealedPersonalData {
  id: Id;
  kind: PersonalKind;
  value: string;
  contact_id: Id;
  conversation_id: Id | null;
}
export interface Contact {
  id: Id;
  external_id: string;
  name: string;
  email: string;
  phone: string;
  locale: string;
  attributes: Record<string, unknown>;
  verified: boolean;
  created_at: Time;
  last_seen_at: Time | null;
  conversation_count: number;
  personal: PersonalMark[];
  erased_at: Time | null;
}
export interface ContactNote {
  id: Id;
  text: string;
  personal: PersonalMark[];
  agent_id: Id | null;
  agent_name: string | null;
  created_at: Time;
}

export type ConversationStatus = "open" | "snoozed" | "resolved";
export type Handler = "bot" | "waiting" | "human";
export interface Conversation {
  id: Id;
  inbox_id: Id;
  contact: { id: Id; name: string; verified: boolean };
  status: ConversationStatus;
  handler: Handler;
  assignee_id: Id | null;
  team_id: Id | null;
  priority: number;
  locale: string;
  labels: Id[];
  preview: string;
  last_message_id: Id | null;
  last_message_at: Time | null;
  created_at: Time;
  waiting_since: Time | null;
  first_reply_at: Time | null;
  handed_over_at: Time | null;
  resolved_at: Time | null;
  snoozed_until: Time | null;
  visitor_read_id: Id | null;
  agent_read_id: Id | null;
  unread_count: number;
  rating: number;
  rating_comment: string;
  queue_position: number | null;
  bot_attempts: number;
}
export interface ConversationCounts {
  mine: number;
  unassigned: number;
  waiting: number;
  all: number;
  resolved: number;
  snoozed: number;
}
export type ConversationPatch = Partial<
  Pick<Conversation, "status" | "assignee_id" | "team_id" | "priority" | "labels" | "snoozed_until">
>;

export type Sender = "visitor" | "bot" | "agent" | "system";
export type Decision = "answer" | "clarify" | "none" | "handover" | "smalltalk";
export interface Message {
  id: Id;
  conversation_id: Id;
  sender: Sender;
  sender_id?: Id | null;
  sender_name: string;
  kind: "text" | "note" | "activity";
  blocks: Block[];
  personal?: PersonalMark[]; // agents only
  client_id: string | null;
  pick: string | null;
  article_id: string | null;
  article_question: string | null;
  decision: Decision | "" | null;
  probability: number | null;
  feedback: -1 | 0 | 1;
  created_at: Time;
}
export interface MessageHit {
  message: Message;
  conversation: Conversation;
  snippet: string;
}

export interface TraceCandidate {
  article_id: string;
  question: string;
  probability: number;
  score: number;
  features: Record<string, number>;
  contributions: { feature: string; value: number; text: string }[];
}
export interface Trace {
  message_id: Id | null;
  q: string;
  normalised: string;
  repaired: string | null;
  language: string;
  decision: Decision;
  reason: string;
  probability: number;
  threshold: number;
  stages: { name: string; ms: number; detail: string }[];
  candidates: TraceCandidate[];
  alarm?: { person: number; complaint: number; danger: number }; // how likely it must go to a person at once
  intents?: { id: Id; name: string; probability: number }[]; // absent where none is defined
  intent?: string | null; // the one that was sure
  intent_at?: number; // sure from; above 1: never
}

export type ArticleStatus = "draft" | "published" | "archived";
export interface Article {
  id: string;
  category: string;
  question: string;
  similar: string[];
  answer: Block[];
  valid_from: Time | null;
  valid_until: Time | null;
  channels: string[];
  language: string;
  translation_of: string;
  status: ArticleStatus;
  version: number;
  author: string;
  created_at: Time;
  updated_at: Time;
}
export type ArticleInput = Omit<Article, "id" | "version" | "author" | "created_at" | "updated_at"> & { id?: string };
export interface ArticleVersion {
  version: number;
  author: string;
  at: Time;
  article: Article;
}
export interface TryResult {
  decision: Decision;
  article_id: string | null;
  flow: string | null; // the one that would speak
  reply: Block[];
  trace: Trace;
}
export interface ImportJob {
  state: "waiting" | "running" | "done" | "failed";
  rows: number;
  done: number;
  kept: number;
  refused: { row: number; field?: string; reason: string }[];
  error?: string;
}
export interface QualityFigures {
  asked: number;
  answerable: number; // of them: some article is right
  answered: number;
  right: number;
  reached: number; // right, or asked back with a right article among the buttons
  precision: number | null; // null: nothing answered
  precision_low: number; // Wilson, 95 %
  precision_high: number;
  coverage: number | null;
  coverage_low: number;
  coverage_high: number;
  reach: number | null;
  reach_low: number;
  reach_high: number;
}
export type MeasuringState = "waiting" | "measuring" | "ready" | "empty" | "failed";
export interface QualityAt {
  target: number;
  threshold: number | null; // null: never, but for what stands word for word
  figures: QualityFigures | null; // null: not measured yet
}
export type Fate = "answer" | "clarify" | "none" | "handover";
export interface QualityFates {
  answered: number;
  asked_back: number;
  not_known: number;
  handed_over: number;
}
export interface QualityExample {
  message_id: Id;
  conversation_id: Id;
  at: string;
  question: string;
  article: string;
  article_question: string;
  probability: number;
  was: Fate;
  would: Fate;
}
export interface Quality {
  at_target: QualityAt;
  now: QualityAt;
  measured: {
    state: MeasuringState;
    done: number;
    total: number;
    at: string | null;
    held_out: QualityFigures | null;
    regression: QualityFigures | null;
    similar: number;
  };
  curve: {
    threshold: number;
    answered: number;
    precision: number | null;
    coverage: number | null;
    reach: number | null;
  }[];
  last_month: {
    since: string;
    questions: number;
    more: boolean;
    was: QualityFates;
    would: QualityFates;
    gained: number;
    lost: number;
    gained_examples: QualityExample[];
    lost_examples: QualityExample[];
  };
  cost: { profile: string; encoders: string[]; turns: number; ms_mean: number | null; ms_p95: number | null };
}
export interface KnowledgeStatus extends QualityFigures {
  measured: MeasuringState;
  target: number;
  error: string;
  articles: number;
  questions: number;
  encoder: string;
  profile: string;
  generation: number;
  state: "ready" | "adapting";
  threshold: number | null;
}

export interface Label {
  id: Id;
  name: string;
  color: string;
}
export interface CannedResponse {
  id: Id;
  shortcut: string;
  title: string;
  blocks: Block[];
}
export interface Webhook {
  id: Id;
  url: string;
  events: string[];
  enabled: boolean;
  secret?: string;
  last_status: number | null;
  last_error: string | null;
}
export interface ApiKey {
  id: Id;
  name: string;
  role: Role;
  created_at: Time;
  last_used_at: Time | null;
  key?: string;
}
export interface Settings {
  company_name: string;
  brand_color: string;
  locale: string;
  target_precision: number;
  profile: "fast" | "best";
  publishing: "checked" | "at_once";
}
// What answered the regression questions, with Wilson intervals.
export interface Figures {
  asked: number;
  answerable: number;
  answered: number;
  right: number;
  precision: number;
  precision_low: number;
  precision_high: number;
  coverage: number;
  coverage_low: number;
  coverage_high: number;
}
export interface BeforeAfter {
  before: Figures;
  after: Figures;
}
export interface Release {
  number: number;
  at: Time;
  author: string;
  kind: "first" | "publish" | "at_once" | "rollback";
  note: string;
  back_to: number;
  articles: number;
  added: number;
  changed: number;
  removed: number;
  check_id: Id;
  override_reason: string;
  figures: BeforeAfter | null;
}
export interface CheckVerdict {
  decision: string;
  article: string;
  question: string;
  probability: number;
}
export interface ChangedQuestion {
  question: string;
  expect: string[];
  source: "editor" | "import" | "feedback" | "held_out";
  before: CheckVerdict;
  after: CheckVerdict;
  change: "better" | "worse" | "other";
}
export interface ArticlePair {
  first: string;
  second: string;
  first_question: string;
  second_question: string;
  similarity: number;
  first_claims: string[];
  second_claims: string[];
}
export interface CheckReport extends BeforeAfter {
  passes: boolean;
  why: string;
  target: number;
  by_source: Record<string, BeforeAfter>;
  changed: { total: number; better: number; worse: number; items: ChangedQuestion[] };
  duplicates: ArticlePair[];
  conflicts: ArticlePair[];
  stale: { id: string; question: string; why: "expired" | "expires_soon" | "old"; at: Time }[];
  unused: { id: string; question: string; created_at: Time }[];
}
export interface ReleaseCheck {
  id: Id;
  base_release: number;
  state: "running" | "done" | "cancelled" | "failed";
  step: string;
  author: string;
  started_at: Time;
  ended_at: Time | null;
  done: number;
  total: number;
  current: boolean; // made of the draft as it is now
  report: CheckReport | null;
  error: string;
}
export interface DraftChange {
  id: string;
  what: "added" | "changed" | "removed";
  before: Article | null;
  after: Article | null;
}
export interface ReleaseDraft {
  release: number;
  at_once: boolean;
  changes: number;
  items: DraftChange[];
  check: ReleaseCheck | null;
}
export interface LearningSuggestion {
  article: string;
  question: string;
  probability: number;
}
export interface LearningGap {
  question: string;
  questions: string[];
  volume: number;
  kinds: Partial<Record<"unanswered" | "disliked" | "low_rating", number>>;
  handling_s: number;
  cost_s: number; // volume × handling_s
  replies: string[]; // of agents, the most frequent first
  suggestions: LearningSuggestion[];
  conversation_id: Id;
  asked_at: Time | null;
}
export interface LearningProposal {
  article: string;
  question: string;
  similar: number;
  items: LearningProposed[];
}
export interface LearningProposed {
  text: string;
  source: "model" | "confirmed" | "asked";
  near: { article: string; question: string } | null; // another article that it lies nearer to
}
export interface LearningRun {
  state: "running" | "done" | "cancelled" | "failed";
  actor: string;
  error: string;
  started_at: Time | null;
  ended_at: Time | null;
  done: number; // articles
  total: number;
  found: number;
  failed: number;
}
export interface LanguageModel {
  name: string;
  budget: number; // calls a day
  calls: number; // today
  tokens: number;
}
export interface LearningArticleProposals {
  at: Time | null;
  items: LearningProposed[];
  run: LearningRun | null;
  model: LanguageModel | null;
}
export interface LearningLesson {
  id: Id;
  question: string;
  questions: string[];
  state: "taught" | "closed" | "dismissed";
  how: "similar" | "article" | "dismiss";
  article: string;
  author: string;
  at: Time;
  right_before: number;
  right_after: number;
  closed_release: number;
  closed_at: Time | null;
  figures: BeforeAfter | null;
}
export interface Learning {
  at: Time | null;
  gaps: LearningGap[];
  proposals: LearningProposal[];
  thin: number; // articles with few similar questions
  run: LearningRun | null;
  model: LanguageModel | null;
  lessons: LearningLesson[];
}
export interface Flow {
  id: Id;
  name: string;
  title: string;
  article: string;
  state: "draft" | "published" | "changed";
  version: number;
  published: number; // the version that runs; 0: none
  author: string;
  created_at: Time;
  updated_at: Time;
}
export interface IntentDraft {
  name: string;
  description: string;
  examples: string[];
  leads_to: "nothing" | "handover" | "flow";
  team_id: Id | null; // of a hand-over; null: the inbox's
  flow: string | null; // its name
  label_id: Id | null;
  priority: number; // 0–3; the conversation's is raised to this
}
export interface Intent extends IntentDraft {
  id: Id;
  trained: boolean; // part of what recognises now
  version: number;
  author: string;
  created_at: Time;
  updated_at: Time;
}
export interface IntentRate {
  k: number;
  n: number;
  value: number | null;
  low: number;
  high: number;
}
export interface IntentFigures {
  accuracy: IntentRate;
  recognised: IntentRate;
  precision: IntentRate;
  taken: IntentRate;
  intents: { id: Id; examples: number; right: number; sure: number }[];
  confusions: { id: Id; taken_for: Id; count: number }[];
  doubts: { id: Id; looks_like: Id; text: string; probability: number }[];
  overlaps: { id: Id; article: string; question: string; probability: number }[];
}
export interface IntentTraining {
  state: "empty" | "training" | "ready" | "failed";
  at: Time | null;
  seconds: number;
  error: string;
  threshold: number | null; // null: never sure
  figures: IntentFigures | null;
}
export interface IntentTried {
  intents: { id: Id; name: string; probability: number }[];
  sure: Id | null;
  threshold: number | null;
}
export interface FlowText extends Flow {
  source: string; // YAML of the newest version
}
export interface FlowVersion {
  version: number;
  state: "draft" | "published" | "former";
  author: string;
  at: Time;
  published_at: Time | null;
  source: string;
}
export interface FlowTurn {
  line: number;
  customer: string;
  said: string;
  end: "" | "answer" | "handover" | "cancelled";
  failure: string;
}
export interface FlowReport {
  passes: boolean;
  fault: { line: number; message: string } | null;
  tests: { name: string; line: number; passed: boolean; turns: FlowTurn[] }[];
}
export interface ForbiddenWord {
  id: Id;
  word: string;
  exceptions: string[];
  applies: "all" | "bot" | "agent";
  author: string;
  created_at: Time;
}
export interface RegressionQuestion {
  id: Id;
  text: string;
  articles: string[];
  source: "editor" | "import" | "feedback";
  author: string;
  created_at: Time;
}
export interface AuditEntry {
  seq: number;
  at: Time;
  actor: string;
  action: string;
  target: string;
  detail: Record<string, unknown>;
}
export interface Attachment {
  id: Id;
  name: string;
  mime: string;
  size: number;
  url: string;
}
export interface Overview {
  open: number;
  waiting: number;
  human: number;
  bot_open: number;
  today: {
    conversations: number;
    answered_by_bot: number;
    clarified: number;
    handed_over: number;
    resolved: number;
    median_first_response_s: number | null;
    csat: number | null;
  };
  series: { day: string; conversations: number; bot_resolved: number; handed_over: number }[];
  by_hour: number[];
  top_articles: { id: string; question: string; count: number }[];
  unanswered: { q: string; count: number }[];
}

export interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

// Frames of the socket.
export interface LiveEvent {
  type: "event";
  seq: number;
  kind: string;
  at: Time;
  conversation_id: Id | null;
  data: unknown;
}
export type Ephemeral =
  | { type: "typing"; conversation_id: Id; who: "visitor" | "agent" | "bot"; name: string; on: boolean }
  | { type: "presence"; agent_id: Id; availability: Availability }
  | { type: "queue"; conversation_id: Id; position: number };
export type ServerFrame =
  | { type: "welcome"; seq: number; self?: unknown }
  | { type: "reset"; seq: number }
  | LiveEvent
  | Ephemeral
  | { type: "pong" }
  | { type: "error"; code: string; message: string };
