#include "detail/disentangled_attention.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <vector>

#include "detail/direct_gradient.hpp"
#include "detail/disentangled_kernel.hpp"

namespace ablatrix::nn::detail {
namespace {

using Site = Dropout::Site;

std::int64_t farthest_distance(EncoderConfig const& config)
{
    return config.deberta.max_relative > 0 ? config.deberta.max_relative : config.positions;
}

/// [n x heads * width] -> [heads x width x n]
at::Tensor by_head(at::Tensor const& positions, std::int64_t heads, at::ScalarType type)
{
    return positions.to(type).view({positions.size(0), heads, positions.size(1) / heads}).permute({1, 2, 0});
}

/// Products of lines [heads x rows x n x width] with positions [heads x width x m]: [heads x rows * n x m].
at::Tensor with_positions(at::Tensor const& lines, at::Tensor const& positions)
{
    auto const flat = lines.view({lines.size(0), lines.size(1) * lines.size(2), lines.size(3)});
    return at::bmm(flat, by_head(positions, lines.size(0), lines.scalar_type())).to(at::kFloat);
}

/// Entry (i, j) of the result is entry (i, j - i + n - 1) of the n lines of 2 n - 1 that \p by_distance consists of;
/// the transpose of that with \p transposed. A view: no gather.
at::Tensor skewed(at::Tensor const& by_distance, std::int64_t rows, std::int64_t n, bool transposed)
{
    auto const block = n * (2 * n - 1), heads = by_distance.size(0), line = 2 * n - 2;
    return by_distance.as_strided({heads, rows, n, n},
                                  {rows * block, block, transposed ? 1 : line, transposed ? line : 1}, n - 1);
}

}  // namespace

std::int64_t relative_bucket(std::int64_t distance, std::int64_t buckets, std::int64_t max_relative)
{
    auto const middle = buckets / 2, size = std::abs(distance);
    if (buckets <= 0 || size <= middle) return distance;
    auto const mid = static_cast<float>(middle);
    auto const growth = std::log(static_cast<float>(size) / mid) / std::log(static_cast<float>(max_relative - 1) / mid);
    auto const bucket = middle + static_cast<std::int64_t>(std::ceil(growth * (mid - 1)));
    return distance < 0 ? -bucket : bucket;
}

std::int64_t relative_span(EncoderConfig const& config)
{
    return config.deberta.buckets > 0 ? config.deberta.buckets : farthest_distance(config);
}

DisentangledAttention::DisentangledAttention(EncoderConfig const& config, std::uint32_t layer, Precision precision)
    : heads_(config.heads),
      buckets_(config.deberta.buckets),
      farthest_(farthest_distance(config)),
      span_(relative_span(config)),
      c2p_(config.deberta.relative_attention && config.deberta.c2p),
      p2c_(config.deberta.relative_attention && config.deberta.p2c),
      // Types of positions count even where relative attention is off.
      root_(
          std::sqrt(static_cast<double>(config.hidden / config.heads * (1 + config.deberta.c2p + config.deberta.p2c)))),
      table_dropout_(config.hidden_dropout),
      dropout_(config.attention_dropout),
      layer_(layer),
      precision_(precision),
      query_(add<Linear>(*this, "query_proj", config.hidden, config.hidden, precision)),
      key_(add<Linear>(*this, "key_proj", config.hidden, config.hidden, precision)),
      value_(add<Linear>(*this, "value_proj", config.hidden, config.hidden, precision)),
      position_key_(key_),
      position_query_(query_)
{
    if (config.deberta.share_key) return;
    if (c2p_) position_key_ = add<Linear>(*this, "pos_key_proj", config.hidden, config.hidden, precision);
    if (p2c_) position_query_ = add<Linear>(*this, "pos_query_proj", config.hidden, config.hidden, precision);
}

void DisentangledAttention::freeze(bool frozen)
{
    std::lock_guard const lock(mutex_);
    frozen_ = frozen;
    evaluated_ = {};
}

at::Tensor DisentangledAttention::forward(at::Tensor const& x, at::Tensor const& table, Batch const& batch,
                                          Dropout const& dropout)
{
    if (batch.tokens() == 0) return x;
    auto const n = batch.longest();
    auto const near = positions(table, 1 - n, n, dropout);
    bool const training = at::GradMode::is_enabled() || dropout.active();
    if (x.is_cpu() && precision_ != Precision::bf16 && !training) return evaluate(x, near, batch);
    auto const q = by_row(pad_rows(query_->forward(x) / root_, batch), batch);
    auto const k = by_row(pad_rows(key_->forward(x), batch), batch);
    auto const v = by_row(pad_rows(value_->forward(x), batch), batch);
    return unpad_rows(weighted(scores(q, k, near), v, batch, dropout), batch);
}

at::Tensor DisentangledAttention::first_tokens(at::Tensor const& x, at::Tensor const& table, Batch const& batch,
                                               Dropout const& dropout)
{
    if (batch.tokens() == 0) return x;
    auto const q = by_row(query_->forward(x.index_select(0, batch.first)) / root_, batch);
    auto const k = by_row(pad_rows(key_->forward(x), batch), batch);
    auto const v = by_row(pad_rows(value_->forward(x), batch), batch);
    auto const score = first_scores(q, k, positions(table, 1 - batch.longest(), 1, dropout));
    return weighted(score, v, batch, dropout);
}

at::Tensor DisentangledAttention::evaluate(at::Tensor const& x, Positions const& positions, Batch const& batch) const
{
    auto const q = query_->forward(x) / root_, k = key_->forward(x), v = value_->forward(x);
    auto const out = at::empty_like(x);
    auto const key = positions.key.defined() ? positions.key.flip(0).t().contiguous() : at::Tensor{};
    auto const width = x.size(1) / heads_;
    auto const lines = [](at::Tensor const& tensor, std::int64_t row, std::int64_t column) {
        return Lines{tensor.data_ptr<float>() + row * tensor.stride(0) + column, tensor.stride(0)};
    };
    auto const read = [&](at::Tensor const& tensor, std::int64_t row, std::int64_t column) {
        if (!tensor.defined()) return ConstLines{nullptr, 0};
        auto const found = lines(tensor, row, column);
        return ConstLines{found.data, found.stride};
    };
    at::parallel_for(0, batch.rows() * heads_, 1, [&](auto begin, auto end) {
        AttentionScratch scratch;
        for (auto i = begin; i < end; ++i) {
            auto const b = i / heads_, column = i % heads_ * width, row = batch.row_begin[b];
            if (batch.length(b) == 0) continue;
            RelativeLines const near{read(key, column, 0), read(positions.query, 0, column), batch.longest() - 1};
            attend_disentangled(batch.length(b), width, read(q, row, column), read(k, row, column),
                                read(v, row, column), near, lines(out, row, column), scratch);
        }
    });
    return out;
}

at::Tensor DisentangledAttention::by_row(at::Tensor const& x, Batch const& batch) const
{
    auto const type = precision_ == Precision::bf16 ? at::kBFloat16 : at::kFloat;
    auto const shape = std::vector<std::int64_t>{batch.rows(), x.size(0) / batch.rows(), heads_, x.size(1) / heads_};
    return x.to(type).view(shape).permute({2, 0, 1, 3}).contiguous();
}

/// softmax(scores) v, [rows * queries x hidden]. Changes \p scores.
at::Tensor DisentangledAttention::weighted(at::Tensor scores, at::Tensor const& v, Batch const& batch,
                                           Dropout const& dropout) const
{
    auto const queries = scores.size(2), keys = scores.size(3);
    if (batch.tokens() != batch.rows() * keys) {
        // A row without tokens has lines without keys: they give numbers that nobody reads.
        auto const dropped = kept_places(batch).logical_not().view({1, batch.rows(), 1, keys});
        scores.masked_fill_(dropped, std::numeric_limits<float>::lowest());
    }
    auto probability = at::softmax(scores, -1);
    if (dropout.active() && dropout_ > 0) {
        auto const mask = dropout.attention_mask(dropout_, layer_, Site::attention, batch, heads_);
        probability = probability * mask.slice(2, 0, queries).transpose(0, 1);
    }
    auto const context = at::matmul(probability.to(v.scalar_type()), v).permute({1, 2, 0, 3});
    return context.reshape({batch.rows() * queries, heads_ * v.size(3)}).to(at::kFloat);
}

DisentangledAttention::Positions DisentangledAttention::project(at::Tensor const& rows) const
{
    Positions out;
    if (c2p_) out.key = position_key_->forward(rows);
    if (p2c_) out.query = position_query_->forward(rows) / root_;
    return out;
}

DisentangledAttention::Positions DisentangledAttention::positions(at::Tensor const& table, std::int64_t begin,
                                                                  std::int64_t end, Dropout const& dropout)
{
    if (!c2p_ && !p2c_) return {};
    std::vector<std::int64_t> rows;
    for (auto distance = begin; distance < end; ++distance) {
        auto const bucket = relative_bucket(distance, buckets_, farthest_);
        rows.push_back(std::clamp<std::int64_t>(bucket + span_, 0, 2 * span_ - 1));
    }
    auto const index = at::tensor(rows, at::kLong).to(table.device());
    if (!frozen_ || at::GradMode::is_enabled() || dropout.active())
        return project(lookup(dropout.apply_shared(table, table_dropout_, layer_, Site::relative), index));
    auto out = evaluated(table);
    if (c2p_) out.key = out.key.index_select(0, index);
    if (p2c_) out.query = out.query.index_select(0, index);
    return out;
}

DisentangledAttention::Positions DisentangledAttention::evaluated(at::Tensor const& table)
{
    std::lock_guard const lock(mutex_);
    if (!evaluated_.key.defined() && !evaluated_.query.defined()) evaluated_ = project(table);
    return evaluated_;
}

/// [heads x rows x n x n]. Positions stand in the order of their distances, -(n - 1) to n - 1.
at::Tensor DisentangledAttention::scores(at::Tensor const& q, at::Tensor const& k, Positions const& positions) const
{
    auto const rows = q.size(1), n = q.size(2);
    auto const out = at::matmul(q, k.transpose(2, 3)).to(at::kFloat);
    // The distance i - j falls along the keys of a query, it grows along the queries of a key.
    if (c2p_) out.add_(skewed(with_positions(q, positions.key.flip(0)), rows, n, false));
    if (p2c_) out.add_(skewed(with_positions(k, positions.query), rows, n, true));
    return out;
}

/// [heads x rows x 1 x n] for queries at place 0. Positions stand in the order of their distances, -(n - 1) to 0.
at::Tensor DisentangledAttention::first_scores(at::Tensor const& q, at::Tensor const& k,
                                               Positions const& positions) const
{
    auto const rows = q.size(1), n = k.size(2);
    auto const out = at::matmul(q, k.transpose(2, 3)).to(at::kFloat);
    if (c2p_) out.add_(with_positions(q, positions.key.flip(0)).view({heads_, rows, 1, n}));
    if (p2c_) {
        auto const query = by_head(positions.query.flip(0), heads_, k.scalar_type()).transpose(1, 2);
        out.add_((k * query.unsqueeze(1)).to(at::kFloat).sum(-1).unsqueeze(2));
    }
    return out;
}

}  // namespace ablatrix::nn::detail
