#include "learning/learning.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>
#include <set>

#include "answering/dense.hpp"
#include "base/log.hpp"
#include "knowledge/articles.hpp"
#include "knowledge/releases.hpp"
#include "text/text.hpp"

namespace zk::learning {
namespace json = boost::json;
using storage::Query;
using storage::Row;
using storage::Tx;

namespace {

constexpr auto kPatience = std::chrono::seconds(30);
constexpr double kDefaultHandling = 300;  // seconds, until any conversation tells otherwise
constexpr std::size_t kMostReplayed = 50;
constexpr double kClosedShare = 0.9;  // of the questions answered right

#define ZK_LESSON                                                                                        \
  "SELECT g.id, g.question, g.questions, g.state, g.how, g.article_id, g.author, g.at, g.right_before, " \
  "g.right_after, g.closed_release, g.closed_at, COALESCE(r.figures, '') FROM learning_gap g LEFT JOIN " \
  "knowledge_release r ON r.id = g.closed_release "
constexpr Query kLessons{"learning.lessons", ZK_LESSON "ORDER BY g.id DESC LIMIT $1"};
constexpr Query kTaught{"learning.taught", ZK_LESSON "WHERE g.state = 'taught' ORDER BY g.id DESC LIMIT $1"};
#undef ZK_LESSON
constexpr Query kInsert{"learning.insert",
                        "INSERT INTO learning_gap (question, questions, state, how, article_id, author, at, "
                        "right_before) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id"};
constexpr Query kClose{"learning.close",
                       "UPDATE learning_gap SET state = 'closed', right_after = $2, closed_release = $3, "
                       "closed_at = $4 WHERE id = $1 AND state = 'taught'"};
constexpr Query kState{"learning.state", "SELECT state FROM learning_gap WHERE id = $1"};
constexpr Query kDelete{"learning.delete", "DELETE FROM learning_gap WHERE id = $1"};
constexpr Query kReplayed{"learning.replayed", "UPDATE learning_gap SET right_after = $2 WHERE id = $1"};

Lesson lesson_of(const Row& r) {
  Lesson out{.id = r.integer(0),
             .question = r.text(1),
             .state = r.text(3),
             .how = r.text(4),
             .article = r.text(5),
             .author = r.text(6),
             .at = r.time(7),
             .closed_at = r.time(11),
             .right_before = r.integer(8),
             .right_after = r.integer(9),
             .closed_release = r.integer(10),
             .figures = r.text(12)};
  json::error_code ec;
  const auto list = json::parse(r.text(2), ec);
  if (!ec && list.is_array())
    for (const auto& q : list.get_array())
      if (q.is_string()) out.questions.emplace_back(q.get_string());
  return out;
}

double median(std::vector<double> v) {
  if (v.empty()) return 0;
  std::nth_element(v.begin(), v.begin() + static_cast<std::ptrdiff_t>(v.size() / 2), v.end());
  return v[v.size() / 2];
}

// What was taught or dismissed is no gap any more, unless it was asked again since.
void leave_out_known(std::vector<Signal>& signals, const std::vector<Lesson>& lessons) {
  std::map<std::string, Timestamp> until;
  for (const auto& l : lessons)
    for (const auto& q : l.questions) {
      const auto end = l.state == "closed" ? l.closed_at : Timestamp::max();
      auto& at = until[text::normalise(q)];
      at = std::max(at, end);
    }
  std::erase_if(signals, [&](const Signal& s) {
    const auto it = until.find(text::normalise(s.text));
    return it != until.end() && s.at <= it->second;
  });
}

}  // namespace

Learning::Learning(storage::Db& db, const Clock& clock, const knowledge::Library& library,
                   const dialogue::Engine& engine, Options options)
    : db_(db),
      clock_(clock),
      library_(library),
      engine_(engine),
      options_(options),
      view_(std::make_shared<const View>()),
      job_({"learning", options.period}, [this] {
        if (const auto s = refresh(); !s)
          log::warn("learning", "queue not refreshed code={} detail={}", to_string(s.error().code),
                    s.error().detail);
      }) {}

Learning::~Learning() { stop(); }
void Learning::stop() { job_.stop(); }

std::shared_ptr<const View> Learning::view() const {
  const std::lock_guard lock(mutex_);
  return view_;
}

Status Learning::refresh() {
  const std::lock_guard round(round_);
  const auto status = library_.status();
  const auto answerer = library_.current();
  std::vector<Signal> found;
  std::vector<Confirmed> good;
  std::vector<Lesson> known;
  std::vector<StoredProposal> stored;
  Drafted drafted;
  Timestamp released{};
  const auto now = clock_.now();
  ZK_TRY_STATUS(db_.read(after(kPatience), [&](Tx& tx) -> Status {
    ZK_TRY(found, signals(tx, now));
    ZK_TRY(good, confirmed(tx, now));
    ZK_TRY(known, lessons(tx, 1000));
    ZK_TRY(stored, stored_proposals(tx));
    ZK_TRY(drafted, drafted_articles(tx));
    if (status.release > 0) {
      ZK_TRY(const auto release, knowledge::release(tx, status.release));
      released = release.at;
    }
    return {};
  }));
  leave_out_known(found, known);
  heard_before_ = asked_ == status.generation ? std::exchange(heard_, {}) : std::map<std::string, Heard>{};
  heard_.clear();
  asked_ = status.generation;
  auto next = std::make_shared<View>();
  next->at = now;
  ZK_TRY_STATUS(encode(found, *answerer));
  next->gaps = gaps(found);
  ZK_TRY_STATUS(suggest(*answerer, released, next->gaps));
  ZK_TRY(next->proposals, propose(*answerer, next->gaps, good, stored, drafted));
  next->thin = std::count_if(drafted.begin(), drafted.end(), [](const auto& entry) {
    return entry.second.status == ArticleStatus::kPublished && entry.second.similar.size() < kThin;
  });
  {
    const std::lock_guard lock(mutex_);
    view_ = next;
  }
  if (seen_ == status.generation) return {};
  ZK_TRY_STATUS(close(*answerer, status.release));
  seen_ = status.generation;
  return {};
}

// Vectors of texts that left the window go; only new texts are encoded.
Status Learning::encode(const std::vector<Signal>& found, const answering::Answerer& answerer) {
  const auto& encoders = answerer.models().encoders;
  if (encoders.empty()) return {};
  Vectors kept;
  std::vector<std::string> fresh;
  for (const auto& s : found) {
    const auto text = text::normalise(s.text);
    if (kept.contains(text)) continue;
    if (const auto it = vectors_.find(text); it != vectors_.end())
      kept.insert(*it);
    else if (kept.emplace(text, std::vector<float>{}).second)
      fresh.push_back(text);
  }
  constexpr std::size_t kBatch = 32;
  for (std::size_t from = 0; from < fresh.size(); from += kBatch) {
    const auto batch = std::span(fresh).subspan(from, std::min(kBatch, fresh.size() - from));
    ZK_TRY(const auto read, encoders[0]->questions(batch));
    for (std::size_t i = 0; i < batch.size(); ++i) {
      auto& v = kept[batch[i]];
      v.resize(encoders[0]->dimension());
      read.sentences.unpack(i, v);
    }
  }
  vectors_ = std::move(kept);
  return {};
}

namespace {

// Members of one gap; `sum` of their vectors, empty without an encoder.
struct Group {
  std::vector<const Signal*> members;
  std::vector<float> sum;
  std::string text;  // normalised, of the first
};

double cosine(const std::vector<float>& sum, const std::vector<float>& v) {
  const float norm = std::sqrt(answering::dot(sum.data(), sum.data(), sum.size())) + 1e-9F;
  return static_cast<double>(answering::dot(sum.data(), v.data(), v.size()) / norm);
}

Gap gap_of(const Group& group, const std::map<std::string, std::vector<float>>& vectors, double usual_s) {
  Gap out;
  std::map<std::string, std::pair<double, std::string>> wordings;  // by normalised text
  std::vector<double> handling;
  std::map<std::string, int> replies;
  for (const auto* s : group.members) {
    const auto normalised = text::normalise(s->text);
    const auto v = vectors.find(normalised);
    const double near = group.sum.empty() || v == vectors.end() ? 1 : cosine(group.sum, v->second);
    wordings.emplace(normalised, std::pair(near, s->text));
    ++out.kinds[s->kind];
    if (s->handling_s > 0) handling.push_back(s->handling_s);
    if (!s->reply.empty()) ++replies[s->reply];
    out.conversation_id = std::max(out.conversation_id, s->conversation_id);
    out.asked_at = std::max(out.asked_at, s->at);
  }
  std::vector<std::pair<double, std::string>> order;
  for (const auto& [key, w] : wordings) order.push_back(w);
  std::stable_sort(order.begin(), order.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  for (const auto& [near, text] : order)
    if (out.questions.size() < kMostWordings) out.questions.push_back(text);
  out.question = out.questions.front();
  out.volume = static_cast<std::int64_t>(group.members.size());
  out.handling_s = handling.empty() ? usual_s : median(handling);
  out.cost_s = static_cast<double>(out.volume) * out.handling_s;
  std::vector<std::pair<int, std::string>> said;
  for (const auto& [reply, n] : replies) said.emplace_back(n, reply);
  std::stable_sort(said.begin(), said.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first : a.second.size() > b.second.size();
  });
  for (auto& [n, reply] : said)
    if (out.replies.size() < kMostReplies) out.replies.push_back(std::move(reply));
  return out;
}

}  // namespace

// Leader clustering: each question joins the nearest gap, or opens one.
std::vector<Gap> Learning::gaps(const std::vector<Signal>& found) const {
  std::vector<Group> groups;
  std::vector<double> handling;
  for (const auto& s : found) {
    if (s.handling_s > 0) handling.push_back(s.handling_s);
    const auto normalised = text::normalise(s.text);
    const auto v = vectors_.find(normalised);
    Group* best = nullptr;
    double nearest = options_.alike;
    for (auto& g : groups) {
      const double near = g.text == normalised ? 1 : v == vectors_.end() ? 0 : cosine(g.sum, v->second);
      if (near >= nearest) nearest = near, best = &g;
    }
    if (!best) {
      groups.push_back({{}, std::vector<float>(v == vectors_.end() ? 0 : v->second.size()), normalised});
      best = &groups.back();
    }
    best->members.push_back(&s);
    if (v != vectors_.end())
      for (std::size_t k = 0; k < v->second.size(); ++k) best->sum[k] += v->second[k];
  }
  const double usual_s = handling.empty() ? kDefaultHandling : median(handling);
  std::vector<Gap> out;
  for (const auto& g : groups) out.push_back(gap_of(g, vectors_, usual_s));
  std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.cost_s > b.cost_s; });
  if (out.size() > kMostGaps) out.resize(kMostGaps);
  return out;
}

// Each question is asked once a generation, as long as it stands in the queue.
Result<Learning::Heard> Learning::hear(const answering::Answerer& answerer, const std::string& question) {
  constexpr std::size_t kMost = 3;
  if (const auto known = heard_.find(question); known != heard_.end()) return known->second;
  if (const auto known = heard_before_.find(question); known != heard_before_.end())
    return heard_.insert(*known).first->second;
  ZK_TRY(const auto reply, engine_.turn(answerer, {.text = question, .now = clock_.now(), .channel = "web"}));
  Heard out{.answered = reply.decision == dialogue::Decision::kAnswer, .articles = {}};
  for (const auto& c : reply.candidates) {
    const auto at = answerer.knowledge().find(c.article_id);
    if (out.articles.size() < kMost && at)
      out.articles.push_back({c.article_id, answerer.knowledge().article(*at).question, c.probability});
  }
  return heard_.emplace(question, std::move(out)).first->second;
}

// A gap that was only unanswered, and is answered by a release made since, is none any more.
Status Learning::suggest(const answering::Answerer& answerer, Timestamp released, std::vector<Gap>& gaps) {
  for (auto& g : gaps) {
    ZK_TRY(auto heard, hear(answerer, g.question));
    g.suggestions = std::move(heard.articles);
  }
  std::erase_if(gaps, [&](const Gap& g) {
    return g.asked_at < released && heard_.at(g.question).answered && g.kinds.size() == 1 &&
           g.kinds.contains("unanswered");
  });
  return {};
}

// The model's, what customers confirmed, and what went unanswered though an article was not far off.
Result<std::vector<Proposal>> Learning::propose(const answering::Answerer& answerer,
                                                const std::vector<Gap>& gaps,
                                                const std::vector<Confirmed>& confirmed,
                                                const std::vector<StoredProposal>& stored,
                                                const Drafted& drafted) {
  constexpr double kMiddling = 0.3;
  constexpr std::size_t kMostConfirmed = 500;  // each is asked once a generation
  std::vector<Candidate> candidates;
  for (const auto& s : stored)
    if (!s.refused)
      candidates.push_back(
          {s.article, {.text = s.text, .source = "model", .near = s.near, .near_question = {}}});
  for (std::size_t i = 0; i < std::min(confirmed.size(), kMostConfirmed); ++i) {
    ZK_TRY(const auto heard, hear(answerer, confirmed[i].text));
    const auto& own = confirmed[i].article;
    const bool other = !heard.articles.empty() && heard.articles.front().article != own;
    candidates.push_back({own,
                          {.text = confirmed[i].text,
                           .source = "confirmed",
                           .near = other ? heard.articles.front().article : "",
                           .near_question = {}}});
  }
  for (const auto& g : gaps)
    if (!g.suggestions.empty() && g.suggestions.front().probability >= kMiddling)
      for (const auto& q : g.questions)
        candidates.push_back(
            {g.suggestions.front().article, {.text = q, .source = "asked", .near = {}, .near_question = {}}});
  return gather(candidates, stored, drafted);
}

std::int64_t Learning::right(const answering::Answerer& answerer, const std::vector<std::string>& questions,
                             const std::string& article) const {
  std::int64_t out = 0;
  for (const auto& q : questions) {
    const auto reply = engine_.turn(answerer, {.text = q, .now = clock_.now(), .channel = "web"});
    out += reply && reply->decision == dialogue::Decision::kAnswer && reply->article_id == article ? 1 : 0;
  }
  return out;
}

std::int64_t Learning::replay(const std::vector<std::string>& questions, const std::string& article) const {
  return article.empty() ? 0 : right(*library_.current(), questions, article);
}

// After a release: are the questions that were taught answered right now?
Status Learning::close(const answering::Answerer& answerer, std::int64_t release) {
  std::vector<Lesson> taught;
  ZK_TRY(const auto rows,
         db_.read(after(kPatience), [](Tx& tx) { return tx.all(kTaught, {kMostReplayed}); }));
  for (const auto& r : rows) taught.push_back(lesson_of(r));
  for (const auto& l : taught) {
    const auto answered = right(answerer, l.questions, l.article);
    const bool closed =
        static_cast<double>(answered) >= kClosedShare * static_cast<double>(l.questions.size());
    const auto now = clock_.now();
    ZK_TRY_STATUS(db_.write(after(kPatience),
                            [&](Tx& tx) {
                              return closed ? tx.run(kClose, {l.id, answered, release, now})
                                            : tx.run(kReplayed, {l.id, answered});
                            })
                      .map([](auto) {}));
  }
  return {};
}

Result<Lesson> Learning::teach(Tx& tx, const Teach& how) const {
  if (how.question.empty())
    return fail(ErrorCode::kInvalidArgument, "question is empty; name the gap", "/question");
  if (how.questions.empty() || how.questions.size() > kMostWordings)
    return fail(ErrorCode::kInvalidArgument, fmt::format("questions must be 1 to {} wordings", kMostWordings),
                "/questions");
  Lesson out{.question = how.question,
             .state = how.how == "dismiss" ? "dismissed" : "taught",
             .how = how.how,
             .article = how.article,
             .author = how.author,
             .questions = how.questions,
             .at = how.now,
             .right_before = how.right_before};
  if (how.how == "similar") {
    ZK_TRY(auto article, knowledge::find(tx, how.article));
    for (const auto& q : how.questions)
      if (q != article.question &&
          std::find(article.similar.begin(), article.similar.end(), q) == article.similar.end())
        article.similar.push_back(q);
    ZK_TRY_STATUS(
        knowledge::save(tx, article, {.author = how.author, .now = how.now}).map([](const auto&) {}));
    ZK_TRY_STATUS(knowledge::after_edit(tx, {how.article}, how.author, how.now));
  } else if (how.how == "article") {
    Article article;
    article.question = how.question;
    for (const auto& q : how.questions)
      if (q != how.question) article.similar.push_back(q);
    article.answer = text_blocks(how.answer);
    article.status = ArticleStatus::kDraft;
    ZK_TRY(const auto saved, knowledge::save(tx, article, {.author = how.author, .now = how.now}));
    out.article = saved.article.external_id;
  }
  const auto list = json::serialize(json::array(out.questions.begin(), out.questions.end()));
  ZK_TRY(const auto row, tx.one(kInsert, {out.question, list, out.state, out.how, out.article, out.author,
                                          out.at, out.right_before}));
  out.id = row.integer(0);
  return out;
}

Status Learning::undo(Tx& tx, std::int64_t lesson) {
  ZK_TRY(const auto row, tx.maybe(kState, {lesson}));
  if (!row) return fail(ErrorCode::kNotFound, "there is no such lesson", "/id");
  if (row->text(0) != "dismissed")
    return fail(ErrorCode::kConflict, "only a dismissal is undone here; edit the article instead", "/id");
  return tx.run(kDelete, {lesson}).map([](auto) {});
}

Result<std::vector<Lesson>> Learning::lessons(Tx& tx, int limit) {
  ZK_TRY(const auto rows, tx.all(kLessons, {limit}));
  std::vector<Lesson> out;
  for (const auto& r : rows) out.push_back(lesson_of(r));
  return out;
}

}  // namespace zk::learning
