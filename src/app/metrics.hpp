// The modules' figures as metrics, under the prefix zhike_.
#pragma once

#include "app/bot.hpp"
#include "app/exposition.hpp"
#include "connect/webhooks.hpp"
#include "conversation/service.hpp"
#include "exec/pool.hpp"
#include "gateway/server.hpp"
#include "knowledge/library.hpp"
#include "search/archive.hpp"
#include "storage/storage.hpp"

namespace zk::app {

void add_gateway(Exposition& out, const gateway::Stats& stats);
void add_pool(Exposition& out, const exec::PoolStats& stats);
void add_storage(Exposition& out, const storage::Stats& stats);
void add_turns(Exposition& out, const conversation::Turns::Stats& stats, const Bot::Times& times);
void add_live(Exposition& out, const conversation::Hub::Stats& stats);
void add_desk(Exposition& out, const conversation::Desk::Stats& stats);
void add_knowledge(Exposition& out, const knowledge::LibraryStatus& status);
void add_archive(Exposition& out, const search::MessageArchive& archive);
void add_webhooks(Exposition& out, const connect::Webhooks::Stats& stats);
void add_process(Exposition& out);  // resident memory, descriptors

}  // namespace zk::app
