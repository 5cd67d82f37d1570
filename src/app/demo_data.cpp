// data/demo as bytes of the binary.
#include "app/demo_data.hpp"

#define ZK_EMBED(name, file)                                                                                     \
  asm(".section .rodata\n.global zk_" #name "_begin\n.global zk_" #name "_end\nzk_" #name "_begin:\n.incbin \"" file \
      "\"\nzk_" #name "_end:\n.byte 0\n.previous\n");                                                              \
  extern "C" const char zk_##name##_begin[];                                                                      \
  extern "C" const char zk_##name##_end[];

ZK_EMBED(demo_articles, ZK_DEMO_DIR "/articles.jsonl")
ZK_EMBED(demo_cases, ZK_DEMO_DIR "/cases.tsv")
ZK_EMBED(demo_intents, ZK_DEMO_DIR "/intents.jsonl")
ZK_EMBED(demo_refund_flow, ZK_DEMO_DIR "/flows/refund_time.yaml")
ZK_EMBED(demo_actions, ZK_DEMO_DIR "/flows/actions.yaml")

namespace zk::app {
std::string_view demo_articles() { return {zk_demo_articles_begin, static_cast<std::size_t>(zk_demo_articles_end - zk_demo_articles_begin)}; }
std::string_view demo_cases() { return {zk_demo_cases_begin, static_cast<std::size_t>(zk_demo_cases_end - zk_demo_cases_begin)}; }
std::string_view demo_intents() { return {zk_demo_intents_begin, static_cast<std::size_t>(zk_demo_intents_end - zk_demo_intents_begin)}; }
std::string_view demo_refund_flow() {
  return {zk_demo_refund_flow_begin, static_cast<std::size_t>(zk_demo_refund_flow_end - zk_demo_refund_flow_begin)};
}
std::string_view demo_actions() {
  return {zk_demo_actions_begin, static_cast<std::size_t>(zk_demo_actions_end - zk_demo_actions_begin)};
}
}  // namespace zk::app
