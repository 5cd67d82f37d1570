// The modules' figures as metrics, under the prefix zhike_.
#pragma once

#include "app/exposition.hpp"
#include "connect/webhooks.hpp"
#include "conversation/service.hpp"
#include "exec/pool.hpp"
#include "gateway/server.hpp"
#include "storage/storage.hpp"

namespace zk::app {

void add_gateway(Exposition& out, const gateway::Stats& stats);
void add_pool(Exposition& out, const exec::PoolStats& stats);
void add_storage(Exposition& out, const storage::Stats& stats);
void add_turns(Exposition& out, const conversation::Turns::Stats& stats);
void add_webhooks(Exposition& out, const connect::Webhooks::Stats& stats);
void add_process(Exposition& out);  // resident memory, descriptors

}  // namespace zk::app
