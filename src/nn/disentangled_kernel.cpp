#include "detail/disentangled_kernel.hpp"

#include "detail/small_product.hpp"

namespace ablatrix::nn::detail {

// The distance i - j falls along the keys of query i: products with descending distances, shifted by one from query to
// query, add up line by line. Products of keys with ascending distances add up along diagonals.

void attend_disentangled(std::int64_t tokens, std::int64_t width, ConstLines q, ConstLines k, ConstLines v,
                         RelativeLines const& positions, Lines out, AttentionScratch& scratch)
{
    auto const line = round_up(tokens), padded = round_up(width), distances = 2 * tokens - 1;
    auto const unused = positions.reach - (tokens - 1);  // distances on either side that this row does not have
    auto* const keys = scratch.part(0, width * line);
    auto* const values = scratch.part(1, tokens * padded);
    auto* const context = scratch.part(2, tokens * padded);
    auto* const score = scratch.part(3, tokens * line);
    pack_transposed(k, tokens, width, line, keys);
    pack(v, tokens, width, padded, values);
    small_product(tokens, line, width, {q.data, q.stride, 1}, keys, score);
    if (positions.key.data != nullptr) {
        auto const far = round_up(distances);
        auto* const table = scratch.part(4, width * far);
        auto* const product = scratch.part(5, tokens * far);
        pack({positions.key.data + unused, positions.key.stride}, width, distances, far, table);
        small_product(tokens, far, width, {q.data, q.stride, 1}, table, product);
        for (std::int64_t i = 0; i < tokens; ++i) {
            auto const* const from = product + i * far + (tokens - 1 - i);
            for (std::int64_t j = 0; j < tokens; ++j)
                score[i * line + j] += from[j];
        }
    }
    if (positions.query.data != nullptr) {
        auto* const product = scratch.part(5, distances * line);
        auto const* const first = positions.query.data + unused * positions.query.stride;
        small_product(distances, line, width, {first, positions.query.stride, 1}, keys, product);
        for (std::int64_t i = 0; i < tokens; ++i) {
            auto const* const from = product + (i + tokens - 1) * line;
            for (std::int64_t j = 0; j < tokens; ++j)
                score[i * line + j] += from[j * (1 - line)];
        }
    }
    softmax_lines(score, tokens, tokens, line);
    small_product(tokens, padded, tokens, {score, line, 1}, values, context);
    unpack(context, tokens, width, padded, out);
}

}  // namespace ablatrix::nn::detail
