#include "detail/safetensors_header.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "detail/strict_json.hpp"

namespace ablatrix::nn {

namespace {

struct TypeInfo
{
    DType type;
    std::string_view name;
    std::size_t bytes;
};

constexpr std::array<TypeInfo, 12> types{{{DType::f64, "F64", 8},
                                          {DType::f32, "F32", 4},
                                          {DType::f16, "F16", 2},
                                          {DType::bf16, "BF16", 2},
                                          {DType::f8_e4m3, "F8_E4M3", 1},
                                          {DType::f8_e5m2, "F8_E5M2", 1},
                                          {DType::i64, "I64", 8},
                                          {DType::i32, "I32", 4},
                                          {DType::i16, "I16", 2},
                                          {DType::i8, "I8", 1},
                                          {DType::u8, "U8", 1},
                                          {DType::boolean, "BOOL", 1}}};

TypeInfo const& info_of(DType type)
{
    return *std::ranges::find(types, type, &TypeInfo::type);
}

}  // namespace

std::size_t item_size(DType type)
{
    return info_of(type).bytes;
}

std::string_view name_of(DType type)
{
    return info_of(type).name;
}

namespace detail {

namespace {

/// More than any model has; keeps strangers' shapes from growing without bound.
constexpr std::size_t most_dimensions = 32;

class HeaderReader : public StrictJsonReader
{
  public:
    explicit HeaderReader(std::string const& file) : StrictJsonReader(file, "the safetensors header") {}

    SafetensorsHeader header;

    bool start_object(std::size_t) override
    {
        switch (at_) {
            case At::start:
                at_ = At::top;
                return true;
            case At::top:
                at_ = name_ == "__metadata__" ? At::metadata : At::entry;
                return true;
            default:
                refuse("has an object where it may not stand" + place());
        }
    }

    bool key(std::string& key) override
    {
        switch (at_) {
            case At::top:
                start_entry(key);
                return true;
            case At::metadata:
                key_ = key;
                return true;
            default:
                start_field(key);
                return true;
        }
    }

    bool end_object() override
    {
        if (at_ == At::entry && !(has_type_ && has_shape_ && has_offsets_))
            refuse("lacks dtype, shape or data_offsets" + place());
        at_ = at_ == At::top ? At::end : At::top;
        return true;
    }

    bool string(std::string& value) override
    {
        if (at_ == At::metadata) {
            if (!header.metadata.emplace(key_, value).second) refuse("has metadata " + shown(key_) + " twice");
            return true;
        }
        if (at_ != At::entry || field_ != Field::type) return StrictJsonReader::string(value);
        auto const* const found = std::ranges::find(types, value, &TypeInfo::name);
        if (found == types.end()) refuse("has type " + shown(value) + ", which this program does not read" + place());
        entry_->type = found->type;
        return true;
    }

    bool start_array(std::size_t size) override
    {
        if (at_ != At::entry || field_ == Field::type) return StrictJsonReader::start_array(size);
        at_ = At::list;
        return true;
    }

    bool end_array() override
    {
        if (field_ == Field::offsets && offsets_ != 2) refuse("has data_offsets that are not two" + place());
        at_ = At::entry;
        return true;
    }

    bool number_unsigned(std::uint64_t number) override
    {
        if (at_ != At::list) return StrictJsonReader::number_unsigned(number);
        if (field_ == Field::shape)
            add_dimension(number);
        else
            add_offset(number);
        return true;
    }

  protected:
    std::string place() const override { return name_.empty() ? "" : " (in " + shown(name_) + ")"; }

  private:
    enum class At
    {
        start,
        top,
        metadata,
        entry,
        list,
        end
    };
    enum class Field
    {
        type,
        shape,
        offsets
    };

    void start_entry(std::string const& name)
    {
        name_ = name;
        has_type_ = has_shape_ = has_offsets_ = false;
        if (name == "__metadata__") {
            if (std::exchange(has_metadata_, true)) refuse("has __metadata__ twice");
            return;
        }
        auto const [place, fresh] = header.entries.try_emplace(name);
        if (!fresh) refuse("names " + shown(name) + " twice");
        entry_ = &place->second;
    }

    void start_field(std::string const& key)
    {
        bool* seen = nullptr;
        if (key == "dtype")
            field_ = Field::type, seen = &has_type_;
        else if (key == "shape")
            field_ = Field::shape, seen = &has_shape_;
        else if (key == "data_offsets")
            field_ = Field::offsets, seen = &has_offsets_;
        else
            refuse("has an unknown key " + shown(key) + place());
        if (std::exchange(*seen, true)) refuse("has " + key + " twice" + place());
        offsets_ = 0;
    }

    void add_dimension(std::uint64_t size)
    {
        if (size > static_cast<std::uint64_t>(INT64_MAX)) refuse("has a dimension of 2^63 or more" + place());
        if (entry_->shape.size() == most_dimensions) refuse("has a shape of more than 32 dimensions" + place());
        entry_->shape.push_back(static_cast<std::int64_t>(size));
    }

    void add_offset(std::uint64_t offset)
    {
        if (++offsets_ > 2) refuse("has data_offsets that are not two" + place());
        (offsets_ == 1 ? entry_->begin : entry_->end) = offset;
    }

    At at_ = At::start;
    Field field_ = Field::type;
    std::string name_;
    std::string key_;
    HeaderEntry* entry_ = nullptr;
    int offsets_ = 0;
    bool has_metadata_ = false;
    bool has_type_ = false;
    bool has_shape_ = false;
    bool has_offsets_ = false;
};

/// Bytes that a shape needs, or nothing when they do not fit 64 bits.
std::optional<std::uint64_t> bytes_of(HeaderEntry const& entry)
{
    std::uint64_t bytes = item_size(entry.type);
    for (std::int64_t const size : entry.shape)
        if (__builtin_mul_overflow(bytes, static_cast<std::uint64_t>(size), &bytes)) return std::nullopt;
    return bytes;
}

[[noreturn]] void refuse(std::string const& file, std::string const& problem)
{
    throw DataError(file, 0, problem + ". The file is damaged or was cut off: fetch it again");
}

void check_sizes(SafetensorsHeader const& header, std::string const& file)
{
    for (auto const& [name, entry] : header.entries) {
        auto const bytes = bytes_of(entry);
        if (!bytes) refuse(file, "the shape of " + shown(name) + " has more than 2^64 bytes");
        if (entry.end < entry.begin) refuse(file, "the data_offsets of " + shown(name) + " run backwards");
        if (entry.end - entry.begin != *bytes)
            refuse(file, shown(name) + " spans " + std::to_string(entry.end - entry.begin) +
                             " bytes, but its shape needs " + std::to_string(*bytes));
    }
}

/// Sorted by place, tensors follow each other without gap or overlap and end where the file ends.
void check_tiling(SafetensorsHeader const& header, std::uint64_t data_bytes, std::string const& file)
{
    using Range = std::pair<std::pair<std::uint64_t, std::uint64_t>, std::string_view>;
    std::vector<Range> ranges;
    for (auto const& [name, entry] : header.entries)
        ranges.emplace_back(std::pair{entry.begin, entry.end}, name);
    std::ranges::sort(ranges);
    std::uint64_t end = 0;
    for (auto const& [range, name] : ranges) {
        if (range.first < end) refuse(file, shown(name) + " overlaps another tensor");
        if (range.first > end) refuse(file, "there is a hole before " + shown(name));
        end = range.second;
    }
    if (end != data_bytes)
        refuse(file,
               "the tensors need " + std::to_string(end) + " bytes, but the file holds " + std::to_string(data_bytes));
}

class IndexReader : public StrictJsonReader
{
  public:
    explicit IndexReader(std::string const& file) : StrictJsonReader(file, "the index of shards") {}

    std::map<std::string, std::string> files;

    bool start_object(std::size_t) override { return open(); }
    bool end_object() override { return close(); }
    bool start_array(std::size_t size) override { return skips() ? open() : StrictJsonReader::start_array(size); }
    bool end_array() override { return close(); }

    bool key(std::string& key) override
    {
        if (depth_ == 1) top_key_ = key;
        if (depth_ == 1 && key == "weight_map" && std::exchange(has_map_, true)) refuse("has weight_map twice");
        if (in_map()) name_ = key;
        return true;
    }

    bool string(std::string& value) override
    {
        if (!in_map()) return other(depth_ > 0);
        if (!is_plain(value))
            refuse("names file " + shown(value) + " for " + shown(name_) +
                   "; only .safetensors files beside the index are read");
        if (!files.emplace(name_, value).second) refuse("names " + shown(name_) + " twice");
        return true;
    }
    bool null() override { return other(skips()); }
    bool boolean(bool) override { return other(skips()); }
    bool number_integer(std::int64_t) override { return other(skips()); }
    bool number_unsigned(std::uint64_t) override { return other(skips()); }
    bool number_float(double, std::string const&) override { return other(skips()); }

    bool has_map() const { return has_map_; }

  private:
    /// Inside the object under weight_map.
    bool in_map() const { return depth_ == 2 && top_key_ == "weight_map"; }
    /// Inside something that has no meaning here, such as "metadata".
    bool skips() const { return depth_ > 0 && top_key_ != "weight_map"; }

    bool other(bool fine)
    {
        if (!fine || top_key_ == "weight_map") refuse("must map tensors to file names under weight_map");
        return true;
    }
    bool open()
    {
        if (in_map()) refuse("has weight_map entries that are not file names");
        ++depth_;
        return true;
    }
    bool close()
    {
        --depth_;
        return true;
    }

    static bool is_plain(std::string_view name)
    {
        return name.ends_with(".safetensors") &&
               name.find_first_of(std::string_view{"/\\\0", 3}) == std::string_view::npos;
    }

    std::size_t depth_ = 0;
    std::string top_key_;
    std::string name_;
    bool has_map_ = false;
};

}  // namespace

SafetensorsHeader parse_safetensors_header(std::string_view json, std::uint64_t data_bytes,
                                           std::string const& file_name)
{
    HeaderReader reader(file_name);
    reader.read(json);
    check_sizes(reader.header, file_name);
    check_tiling(reader.header, data_bytes, file_name);
    return std::move(reader.header);
}

std::map<std::string, std::string> parse_shard_index(std::string_view json, std::string const& file_name)
{
    IndexReader reader(file_name);
    reader.read(json);
    if (!reader.has_map()) throw DataError(file_name, 0, "has no weight_map. An index maps tensors to files there");
    return std::move(reader.files);
}

}  // namespace detail

}  // namespace ablatrix::nn
