#include "detail/attention.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <memory>
#include <vector>

#include <ablatrix/base/error.hpp>

#include "detail/attention_kernel.hpp"

namespace ablatrix::nn::detail {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

/// What the heads of a batch need to know; lives until the backward pass.
struct Plan : torch::CustomClassHolder
{
    std::vector<std::int64_t> row_begin;
    std::vector<std::uint64_t> example;
    std::vector<std::int64_t> query;  ///< positions of one query a row; empty: all
    AttentionOptions options;
    Dropout::Key key;
    bool dropped = false;

    std::int64_t rows() const { return static_cast<std::int64_t>(row_begin.size()) - 1; }
    std::int64_t first_key(std::int64_t b) const { return row_begin[static_cast<std::size_t>(b)]; }
    std::int64_t first_query(std::int64_t b) const { return query.empty() ? first_key(b) : b; }

    HeadTask task(std::int64_t b, std::int64_t head, std::int64_t width) const
    {
        auto const row = static_cast<std::size_t>(b);
        auto const keys = row_begin[row + 1] - row_begin[row];
        HeadTask out{query.empty() ? keys : 1, keys, width};
        out.first_query = query.empty() ? 0 : query[row];
        out.causal = options.causal;
        out.dropout = dropped ? &key : nullptr;
        out.example = dropped ? example[row] : 0;
        out.head = head;
        return out;
    }

    bool has_empty_row() const { return std::ranges::adjacent_find(row_begin) != row_begin.end(); }

    /// Where the probabilities of each row start in their flat array, and its size.
    std::vector<std::int64_t> probability_begin() const
    {
        std::vector<std::int64_t> out{0};
        for (std::int64_t b = 0; b < rows(); ++b) {
            auto const one = task(b, 0, 1);
            out.push_back(out.back() + options.heads * one.queries * probability_line(one.keys));
        }
        return out;
    }
};

template <typename Line, typename Tensor>
Line lines_of(Tensor const& x, std::int64_t first, std::int64_t column)
{
    return {x.template data_ptr<float>() + first * x.stride(0) + column, x.stride(0)};
}

/// Calls \p body(row, head, scratch) for every head of every row that has keys, on libtorch's threads.
template <typename Body>
void for_heads(Plan const& plan, std::int64_t columns, Body const& body)
{
    auto const heads = plan.options.heads, tasks = plan.rows() * heads;
    auto const work = plan.row_begin.back() * columns / std::max<std::int64_t>(tasks, 1);
    at::parallel_for(0, tasks, std::max<std::int64_t>(1, 16384 / std::max<std::int64_t>(work, 1)),
                     [&](auto begin, auto end) {
                         AttentionScratch scratch;
                         for (auto i = begin; i < end; ++i) {
                             if (plan.task(i / heads, 0, 1).keys > 0) body(i / heads, i % heads, scratch);
                         }
                     });
}

/// \p kept: receives all probabilities, if not null.
at::Tensor attend(at::Tensor const& q, at::Tensor const& k, at::Tensor const& v, Plan const& plan, at::Tensor* kept)
{
    auto const out = at::empty({q.size(0), q.size(1)}, q.options());
    if (plan.has_empty_row()) out.zero_();
    auto const width = q.size(1) / plan.options.heads;
    auto const begin = plan.probability_begin();
    if (kept != nullptr) *kept = at::empty({begin.back()}, q.options());
    for_heads(plan, q.size(1), [&](std::int64_t b, std::int64_t head, AttentionScratch& scratch) {
        auto const task = plan.task(b, head, width);
        auto const size = task.queries * probability_line(task.keys), column = head * width;
        auto* const p = kept != nullptr ? kept->data_ptr<float>() + begin[static_cast<std::size_t>(b)] + head * size
                                        : scratch.part(6, size);
        attend_forward(task, lines_of<ConstLines>(q, plan.first_query(b), column),
                       lines_of<ConstLines>(k, plan.first_key(b), column),
                       lines_of<ConstLines>(v, plan.first_key(b), column), p,
                       lines_of<Lines>(out, plan.first_query(b), column), scratch);
    });
    return out;
}

struct PackedAttention : torch::autograd::Function<PackedAttention>
{
    static at::Tensor forward(AutogradContext* context, at::Tensor const& q, at::Tensor const& k, at::Tensor const& v,
                              c10::intrusive_ptr<Plan> const& plan)
    {
        at::Tensor probabilities;
        auto const out = attend(q, k, v, *plan, &probabilities);
        context->save_for_backward({q, k, v, probabilities});
        context->saved_data["plan"] = at::IValue::make_capsule(plan);
        return out;
    }

    static tensor_list backward(AutogradContext* context, tensor_list const& upstream)
    {
        auto const saved = context->get_saved_variables();
        auto const &q = saved[0], &k = saved[1], &v = saved[2], &probabilities = saved[3];
        auto const capsule = context->saved_data["plan"].toCapsule();
        auto const& plan = static_cast<Plan const&>(*capsule);
        auto const g = upstream[0].contiguous();
        auto const zeros_like = [](at::Tensor const& x) { return at::zeros({x.size(0), x.size(1)}, x.options()); };
        auto const dq = zeros_like(q), dk = zeros_like(k), dv = zeros_like(v);
        auto const width = q.size(1) / plan.options.heads;
        auto const begin = plan.probability_begin();
        for_heads(plan, q.size(1), [&](std::int64_t b, std::int64_t head, AttentionScratch& scratch) {
            auto const task = plan.task(b, head, width);
            auto const size = task.queries * probability_line(task.keys), column = head * width;
            auto const query = plan.first_query(b), key = plan.first_key(b);
            attend_backward(task, lines_of<ConstLines>(q, query, column), lines_of<ConstLines>(k, key, column),
                            lines_of<ConstLines>(v, key, column),
                            probabilities.data_ptr<float>() + begin[static_cast<std::size_t>(b)] + head * size,
                            lines_of<ConstLines>(g, query, column), lines_of<Lines>(dq, query, column),
                            lines_of<Lines>(dk, key, column), lines_of<Lines>(dv, key, column), scratch);
        });
        return {dq, dk, dv, at::Tensor()};
    }
};

at::Tensor with_dense_lines(at::Tensor const& x)
{
    return x.stride(1) == 1 ? x : x.contiguous();
}

}  // namespace

at::Tensor attention(at::Tensor const& q, at::Tensor const& k, at::Tensor const& v, Batch const& batch,
                     Dropout const& dropout, AttentionOptions const& options, std::span<std::int64_t const> query)
{
    if (!q.is_cpu()) return padded_attention(q, k, v, batch, dropout, options, query);
    ABLATRIX_EXPECT(q.size(0) == (query.empty() ? batch.tokens() : batch.rows()) && k.size(0) == batch.tokens());
    auto const plan = c10::make_intrusive<Plan>();
    plan->row_begin = batch.row_begin;
    plan->query.assign(query.begin(), query.end());
    plan->options = options;
    if (dropout.active() && options.dropout > 0) {
        plan->dropped = true;
        plan->key = dropout.key(options.dropout, options.layer, options.site);
        plan->example = batch.example;
    }
    auto const queries = with_dense_lines(q), keys = with_dense_lines(k), values = with_dense_lines(v);
    if (!at::GradMode::is_enabled()) return attend(queries, keys, values, *plan, nullptr);
    return PackedAttention::apply(queries, keys, values, plan);
}

}  // namespace ablatrix::nn::detail
