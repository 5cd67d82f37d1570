#include "app/guards.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "guard/claims.hpp"

namespace zk::app {
namespace {

std::string kinds_of(const std::vector<guard::Claim>& claims) {
  std::string out;
  for (const auto& c : claims)
    if (const auto kind = guard::to_string(c.kind); out.find(kind) == std::string::npos)
      out += (out.empty() ? "" : ", ") + std::string(kind);
  return out;
}

// Buttons claim nothing: they name articles, and their numbers are only their order.
Blocks without_buttons(Blocks blocks) {
  std::erase_if(blocks, [](const Block& b) { return std::holds_alternative<ButtonsBlock>(b); });
  return blocks;
}

}  // namespace

Status Guards::screen(const conversation::AgentPost& post, Deadline deadline) const {
  if (post.kind != MessageKind::kText) return {};
  ZK_TRY(const auto word, words_.find(post.blocks, guard::Speaker::kAgent, deadline));
  if (!word) return {};
  ZK_TRY_STATUS(record({"forbidden_word", *word}, post.by.ref, post.conversation_id, "", deadline));
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("the message holds the forbidden word “{}”; say it in other words", *word),
              "/blocks");
}

Result<std::optional<Stopped>> Guards::look(const answering::Answerer& answerer, const dialogue::Reply& reply,
                                            Deadline deadline) const {
  ZK_TRY(const auto word, words_.find(reply.blocks, guard::Speaker::kBot, deadline));
  if (word) return std::optional(Stopped{"forbidden_word", *word});
  if (reply.decision != dialogue::Decision::kAnswer || reply.article_id.empty())
    return std::optional<Stopped>{};
  auto sources = reply.sources;
  const auto add = [&](const std::string& id) {
    if (const auto at = answerer.knowledge().find(id))
      sources.push_back(plain_text(answerer.knowledge().article(*at).answer));
  };
  add(reply.article_id);
  for (const auto& id : reply.also) add(id);
  const auto made_up = guard::unfounded(plain_text(without_buttons(reply.blocks)), sources);
  if (made_up.empty()) return std::optional<Stopped>{};
  return std::optional(Stopped{"unfounded", kinds_of(made_up)});
}

Status Guards::record(const Stopped& stopped, const std::string& actor, ConversationId conversation,
                      const std::string& article, Deadline deadline) const {
  boost::json::object detail{{"kind", stopped.kind}, {"what", stopped.what}};
  if (!article.empty()) detail["article"] = article;
  const auto text = boost::json::serialize(detail);
  return db_.write(deadline, [&](storage::Tx& tx) {
    return audit_.append(tx, {clock_.now(), actor, "message.stopped",
                              fmt::format("conversation:{}", conversation.value), text});
  });
}

}  // namespace zk::app
