#include <ablatrix/store/result_file.hpp>

#include <algorithm>
#include <bit>
#include <exception>
#include <optional>
#include <span>
#include <utility>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/fault_point.hpp>
#include <ablatrix/base/log.hpp>
#include <ablatrix/base/text.hpp>
#include <ablatrix/h5/error.hpp>
#include <ablatrix/h5/file.hpp>
#include <ablatrix/mpi/wait_watch.hpp>

#include "detail/create_file.hpp"
#include "detail/file_io.hpp"
#include "detail/journal.hpp"
#include "detail/journal_folder.hpp"
#include "detail/layout_bytes.hpp"
#include "detail/layout_io.hpp"
#include "detail/open_checks.hpp"
#include "detail/replay.hpp"
#include "detail/result_tables.hpp"
#include "detail/row_table.hpp"
#include "detail/write_lock.hpp"

namespace fs = std::filesystem;

namespace ablatrix::store {

static_assert(std::endian::native == std::endian::little, "rows are written as they lie in memory, little-endian");

namespace {

using detail::ColumnField;
using detail::FieldBytes;
using detail::RowTable;
using detail::RunField;
using detail::TruthField;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr auto done = static_cast<std::uint8_t>(RunStatus::done);
/// HDF5's own records, generously: they do not grow with the number of runs.
constexpr std::uint64_t fixed_overhead_bytes = 64 << 10;
constexpr std::uint64_t overhead_per_dataset_bytes = 1 << 10;

// Rows as bytes

template <typename T>
FieldBytes scalar_bytes(T value)
{
    return detail::to_bytes(std::span<T const>(&value, 1));
}

/// \p values followed by \p fill up to \p count of them.
template <typename T>
FieldBytes padded_bytes(std::vector<T> const& values, std::size_t count, T fill)
{
    ABLATRIX_EXPECT(values.size() <= count);
    std::vector<T> row(values);
    row.resize(count, fill);
    return detail::to_bytes(std::span<T const>(row));
}

/// Cut between UTF-8 characters, with a mark, when longer than \p bytes.
FieldBytes slot_bytes(std::string const& text, std::size_t bytes)
{
    static constexpr std::string_view mark = " [cut]";
    std::string slot = text;
    if (slot.size() > bytes) {
        std::size_t end = bytes - mark.size();
        while (end > 0 && (static_cast<unsigned char>(slot[end]) & 0xC0U) == 0x80U)
            --end;
        slot = slot.substr(0, end) + std::string(mark);
    }
    slot.resize(bytes, '\0');
    return detail::to_bytes(std::span<char const>(slot));
}

std::string slot_text(FieldBytes const& bytes)
{
    std::string text(reinterpret_cast<char const*>(bytes.data()), bytes.size());
    return text.substr(0, text.find_last_not_of('\0') + 1);
}

template <typename T>
std::vector<T> first(std::vector<T> values, std::int64_t length)
{
    auto const kept = std::clamp<std::int64_t>(length, 0, static_cast<std::int64_t>(values.size()));
    values.resize(static_cast<std::size_t>(kept));
    return values;
}

std::vector<RowState> states_of(RowTable const& table, bool may_fail)
{
    auto const statuses = table.statuses();
    auto const whole = table.all_whole();
    std::vector<RowState> states;
    for (std::size_t row = 0; row < statuses.size(); ++row) {
        auto const status = static_cast<RunStatus>(statuses[row]);
        bool const known = status == RunStatus::done || (may_fail && status == RunStatus::failed);
        states.push_back(status == RunStatus::pending  ? RowState::pending
                         : !known || !whole[row]       ? RowState::damaged
                         : status == RunStatus::failed ? RowState::failed
                                                       : RowState::done);
    }
    return states;
}

// Opening

/// Run \p step on this rank; when it fails on any rank, every rank throws the first failure.
template <typename Step>
void agree(mpi::Communicator const& world, Step&& step)
{
    std::string problem;
    try {
        step();
    }
    catch (std::exception const& error) {
        problem = error.what();
    }
    for (auto const& text : world.gather_all(problem))
        if (!text.empty()) throw ResultFileError(text);
}

}  // namespace

ItemSetLayout const& ResultLayout::item_set(std::string_view name) const
{
    return item_sets[item_set_index(name)];
}

std::size_t ResultLayout::item_set_index(std::string_view name) const
{
    auto const found =
        std::find_if(item_sets.begin(), item_sets.end(), [&](auto const& set) { return set.name == name; });
    ABLATRIX_EXPECT(found != item_sets.end());
    return static_cast<std::size_t>(found - item_sets.begin());
}

struct ResultFile::Impl
{
    fs::path path;
    bool parallel = false;
    bool writable = false;
    std::optional<detail::WriteLock> lock;
    std::optional<h5::File> file;
    ResultLayout layout;
    base::Fingerprint layout_fingerprint;
    Provenance provenance;
    std::optional<detail::ResultTables> tables;

    std::uint32_t rank = 0;
    std::uint32_t start = 0;  ///< for the name of this rank's journal
    std::optional<detail::JournalWriter> journal;
    bool told_of_journal = false;
    Replayed replayed;

    void read_structure()
    {
        try {
            detail::check_format(*file, path);
            layout = detail::read_layout(*file);
            provenance = detail::read_provenance(*file);
            layout_fingerprint = detail::layout_fingerprint(layout, provenance);
            detail::check_layout_fingerprint(*file, path, layout_fingerprint);
            detail::check_layout(layout, provenance);
            tables.emplace(detail::ResultTables::open(*file, layout));
        }
        catch (ResultFileError const&) {
            throw;
        }
        catch (h5::H5Error const& error) {
            detail::fail_damaged(path, error);
        }
        catch (std::exception const& error) {
            detail::fail_damaged(path, std::string{error.what()});
        }
    }

    /// Take from the journals what the file lacks, and prepare for the journals of this start.
    void replay_journals()
    {
        auto const folder = journal_folder(path);
        detail::JournalFolder journals(folder);
        auto const foreign = journals.foreign(provenance.plan, layout_fingerprint);
        if (!foreign.empty())
            throw ResultFileError("journal '" + foreign.native() + "' is of another result file than '" +
                                  path.native() + "'. Move the folder '" + folder.native() +
                                  "' away, or beside its own file");
        replayed = detail::replay(journals, opened());
        if (!journals.has_layout()) detail::write_layout_journal(folder, layout, provenance);
        start = journals.next_start();
    }

    detail::ResultTables& opened()
    {
        ABLATRIX_EXPECT(tables.has_value());
        return *tables;
    }

    ItemSetLayout const& set(std::size_t item_set) const { return layout.item_sets.at(item_set); }

    void append_to_journal(detail::RowKey const& key, FieldBytes const& record)
    {
        if (!journal)
            journal.emplace(
                detail::open_journal(journal_folder(path), {provenance.plan, layout_fingerprint, rank, start}));
        journal->append(key, record);
    }

    /// What is not a result, a failed run or the cost of a task, may do without a journal: it must not fail for want of
    /// space where results do.
    void try_journal(detail::RowKey const& key, FieldBytes const& record)
    {
        try {
            append_to_journal(key, record);
        }
        catch (Error const& error) {
            if (!told_of_journal) base::log_warning(error.what());
            told_of_journal = true;
        }
    }

    /// Write a row to the journal and into the file. \p what names it in errors.
    void write(std::string const& what, detail::RowKey const& key, FieldBytes const& record)
    {
        ABLATRIX_EXPECT(writable && opened().fits(key, record.size()));
        bool const is_result = key.table != detail::JournalTable::stage && record.front() == std::byte{done};
        if (is_result)
            append_to_journal(key, record);
        else
            try_journal(key, record);
        try {
            opened().write(key, record);
        }
        catch (h5::H5Error const& error) {
            throw ResultFileError("cannot write " + what + " to '" + path.native() + "': " + error.what() +
                                  ". Check the disk, then run the same command again");
        }
    }

    template <typename Step>
    auto read(std::string const& what, Step&& step)
    {
        try {
            return step(opened());
        }
        catch (h5::H5Error const& error) {
            throw ResultFileError("cannot read " + what + " from '" + path.native() + "': " + error.what() +
                                  ". Check the disk");
        }
    }

    void close()
    {
        if (journal) journal->finish();
        base::fault_point("result.closing");
        journal.reset();
        tables.reset();
        if (!file) return;
        h5::File closing = std::move(*file);
        file.reset();
        mpi::WaitWatch const watch("the file system and other ranks to close '" + path.native() + "'");
        closing.close();
        int const code = writable ? detail::sync_path(path) : 0;
        lock.reset();
        if (code != 0)
            throw ResultFileError("cannot flush result file '" + path.native() + "' (" + detail::reason(code) +
                                  "). Check the disk, then run the same command again");
    }
};

// Opening and closing

std::uint64_t ResultFile::estimated_bytes(ResultLayout const& layout, Provenance const& provenance)
{
    std::uint64_t bytes = fixed_overhead_bytes;
    for (auto const& plan : detail::plan_datasets(layout, provenance))
        bytes += detail::bytes_of(plan) + overhead_per_dataset_bytes;
    return bytes;
}

void ResultFile::create(fs::path const& path, ResultLayout const& layout, Provenance const& provenance,
                        mpi::Communicator const& world)
{
    detail::check_layout(layout, provenance);
    // One rank writes everything: as fast (HDF5 lets one rank fill contiguous datasets anyway), and a full disk is an
    // error on every rank instead of a collective call that some ranks never leave.
    agree(world, [&] {
        if (world.rank() != 0) return;
        refuse_lost_file(path);
        detail::create_file(path, layout, provenance);
    });
}

ResultFile ResultFile::open(fs::path const& path, mpi::Communicator const& world, std::chrono::milliseconds lock_wait)
{
    auto impl = std::make_unique<Impl>();
    impl->path = path;
    impl->parallel = world.size() > 1;
    impl->writable = true;
    agree(world, [&] {
        if (world.rank() != 0) return;
        detail::check_signature(path);
        impl->lock = detail::WriteLock::exclusive(path, lock_wait);
        if (impl->parallel) impl->lock->share();
    });
    agree(world, [&] {
        if (world.rank() != 0) impl->lock = detail::WriteLock::shared(path);
    });
    agree(world, [&] {
        if (world.rank() == 0) detail::refuse_packed(path);
    });
    agree(world, [&] {
        try {
            mpi::WaitWatch const watch("the file system and other ranks to open '" + path.native() + "'");
            impl->file = h5::File::open(path, world);
        }
        catch (h5::H5Error const& error) {
            detail::fail_damaged(path, error);
        }
    });
    agree(world, [&] { impl->read_structure(); });
    agree(world, [&] {
        if (world.rank() == 0) impl->replay_journals();
    });
    impl->rank = static_cast<std::uint32_t>(world.rank());
    impl->start = static_cast<std::uint32_t>(std::stoul(world.broadcast(std::to_string(impl->start))));
    return ResultFile(std::move(impl));
}

ResultFile ResultFile::open_readonly(fs::path const& path)
{
    auto impl = std::make_unique<Impl>();
    impl->path = path;
    detail::check_signature(path);
    try {
        impl->file = h5::File::open_readonly(path);
    }
    catch (h5::H5Error const& error) {
        detail::fail_damaged(path, error);
    }
    impl->read_structure();
    return ResultFile(std::move(impl));
}

ResultFile::ResultFile(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ResultFile::ResultFile(ResultFile&&) noexcept = default;

ResultFile& ResultFile::operator=(ResultFile&& other) noexcept
{
    ResultFile old(std::move(*this));
    impl_ = std::move(other.impl_);
    return *this;
}

ResultFile::~ResultFile()
{
    if (!impl_ || !impl_->file) return;
    impl_->tables.reset();
    if (impl_->parallel && std::uncaught_exceptions() > 0) impl_->file->abandon();
}

void ResultFile::close()
{
    try {
        impl_->close();
    }
    catch (h5::H5Error const& error) {
        throw ResultFileError("cannot close result file '" + impl_->path.native() + "': " + error.what() +
                              ". Check the disk");
    }
}

void ResultFile::abandon()
{
    Impl& impl = *impl_.release();  // closing any part of it could wait for others
    if (impl.journal) impl.journal->finish();
    int const code = detail::sync_path(impl.path);
    if (code != 0)
        throw ResultFileError("cannot flush result file '" + impl.path.native() + "' (" + detail::reason(code) +
                              "). Check the disk, then run the same command again");
}

void ResultFile::sync()
{
    if (impl_->journal) impl_->journal->sync();
}

Replayed const& ResultFile::replayed() const
{
    return impl_->replayed;
}

ResultLayout const& ResultFile::layout() const
{
    return impl_->layout;
}
Provenance const& ResultFile::provenance() const
{
    return impl_->provenance;
}
fs::path const& ResultFile::path() const
{
    return impl_->path;
}

// Writing

void ResultFile::write_truth(std::size_t item_set, std::size_t truth, Truth const& values)
{
    auto const& set = impl_->set(item_set);
    auto const n_items = static_cast<std::size_t>(set.n_items);
    auto const length = values.item.size();
    ABLATRIX_EXPECT(values.clean.size() == length && values.observed.size() == length &&
                    values.is_noisy.size() == length);
    std::vector<FieldBytes> row(TruthField::is_noisy + 1);
    row[TruthField::length] = scalar_bytes(static_cast<std::int64_t>(length));
    row[TruthField::item] = padded_bytes<std::int64_t>(values.item, n_items, -1);
    row[TruthField::clean] = padded_bytes(values.clean, n_items, detail::no_label);
    row[TruthField::observed] = padded_bytes(values.observed, n_items, detail::no_label);
    row[TruthField::is_noisy] = padded_bytes(values.is_noisy, n_items, detail::no_flag);
    impl_->write("ground truth " + std::to_string(truth) + " of '" + set.name + "'",
                 {detail::JournalTable::truth, static_cast<std::uint16_t>(item_set), truth},
                 RowTable::record_of(done, row));
}

void ResultFile::write_column(std::size_t item_set, std::size_t column, Column const& values)
{
    auto const& set = impl_->set(item_set);
    auto const n_items = static_cast<std::size_t>(set.n_items);
    bool const scores = set.kind == ColumnKind::score;
    ABLATRIX_EXPECT(scores ? values.predictions.empty() : values.scores.empty());
    ABLATRIX_EXPECT(values.metrics.size() == set.metrics.size());
    std::vector<FieldBytes> row(ColumnField::count(set));
    auto const length = scores ? values.scores.size() : values.predictions.size();
    row[ColumnField::length] = scalar_bytes(static_cast<std::int64_t>(length));
    row[ColumnField::values] = scores ? padded_bytes(values.scores, n_items, nan)
                                      : padded_bytes(values.predictions, n_items, detail::no_label);
    row[ColumnField::metrics] = detail::to_bytes(std::span<double const>(values.metrics));
    if (set.curves) {
        ABLATRIX_EXPECT(values.roc.size() == curve_points && values.pr.size() == curve_points);
        row[ColumnField::roc] = detail::to_bytes(std::span<double const>(values.roc));
        row[ColumnField::pr] = detail::to_bytes(std::span<double const>(values.pr));
    }
    ABLATRIX_EXPECT(values.confidence.size() == (set.has_confidence ? length : 0));
    if (set.has_confidence) row[ColumnField::confidence(set)] = padded_bytes(values.confidence, n_items, nan);
    impl_->write("column " + std::to_string(column) + " of '" + set.name + "'",
                 {detail::JournalTable::column, static_cast<std::uint16_t>(item_set), column},
                 RowTable::record_of(done, row));
}

void ResultFile::write_run(std::size_t run, RunRecord const& record, std::vector<std::vector<double>> const& metrics)
{
    auto const& layout = impl_->layout;
    bool const complete = record.status == RunStatus::done;
    // A failed run has nothing to say about its metrics.
    auto const numbers = [&](std::vector<double> const& values, std::size_t count) {
        ABLATRIX_EXPECT(values.size() == count || (!complete && values.empty()));
        return padded_bytes(values, count, nan);
    };
    ABLATRIX_EXPECT(metrics.size() == layout.item_sets.size() || (!complete && metrics.empty()));
    std::vector<FieldBytes> row(RunField::first_metrics + layout.item_sets.size());
    row[RunField::attempts] = scalar_bytes(record.attempts);
    row[RunField::worker] = scalar_bytes(record.worker);
    row[RunField::device] = slot_bytes(record.device, device_slot_bytes);
    row[RunField::start_s] = scalar_bytes(record.start_s);
    row[RunField::seconds] = scalar_bytes(record.seconds);
    row[RunField::error] = slot_bytes(record.error, error_slot_bytes);
    row[RunField::scalars] = numbers(record.scalars, layout.scalars.size());
    for (std::size_t i = 0; i < layout.item_sets.size(); ++i) {
        auto const& set = layout.item_sets[i];
        row[RunField::first_metrics + i] =
            numbers(metrics.empty() ? std::vector<double>{} : metrics[i], set.methods.size() * set.metrics.size());
    }
    impl_->write("run " + std::to_string(run), {detail::JournalTable::run, 0, run},
                 RowTable::record_of(static_cast<std::uint8_t>(record.status), row));
}

void ResultFile::write_stage(std::size_t stage, StageRecord const& record)
{
    impl_->write("stage " + std::to_string(stage), {detail::JournalTable::stage, 0, stage},
                 detail::stage_record(record));
}

// Reading

RunStatus ResultFile::run_status(std::size_t run) const
{
    return impl_->read("a run's status", [&](auto& tables) { return static_cast<RunStatus>(tables.runs.status(run)); });
}

bool ResultFile::run_verified(std::size_t run) const
{
    return impl_->read("a run", [&](auto& tables) { return tables.runs.verified(run, done); });
}

bool ResultFile::column_verified(std::size_t item_set, std::size_t column) const
{
    return impl_->read("a column", [&](auto& tables) { return tables.columns.at(item_set).verified(column, done); });
}

bool ResultFile::truth_verified(std::size_t item_set, std::size_t truth) const
{
    return impl_->read("a ground truth",
                       [&](auto& tables) { return tables.truths.at(item_set).verified(truth, done); });
}

RunRecord ResultFile::read_run(std::size_t run) const
{
    return impl_->read("run " + std::to_string(run), [&](auto& tables) {
        RowTable const& runs = tables.runs;
        RunRecord record;
        record.status = static_cast<RunStatus>(runs.status(run));
        record.attempts = runs.value<std::int32_t>(RunField::attempts, run);
        record.worker = runs.value<std::int32_t>(RunField::worker, run);
        record.device = slot_text(runs.read(RunField::device, run));
        record.start_s = runs.value<double>(RunField::start_s, run);
        record.seconds = runs.value<double>(RunField::seconds, run);
        record.error = slot_text(runs.read(RunField::error, run));
        record.scalars = runs.values<double>(RunField::scalars, run);
        return record;
    });
}

std::vector<RunStatus> ResultFile::run_statuses() const
{
    return impl_->read("the statuses", [&](auto& tables) {
        std::vector<RunStatus> statuses;
        for (auto status : tables.runs.statuses())
            statuses.push_back(static_cast<RunStatus>(status));
        return statuses;
    });
}

std::vector<bool> ResultFile::runs_verified() const
{
    return impl_->read("the runs", [&](auto& tables) { return tables.runs.all_verified(done); });
}

std::vector<bool> ResultFile::columns_verified(std::size_t item_set) const
{
    return impl_->read("the columns", [&](auto& tables) { return tables.columns.at(item_set).all_verified(done); });
}

std::vector<bool> ResultFile::truths_verified(std::size_t item_set) const
{
    return impl_->read("the ground truths",
                       [&](auto& tables) { return tables.truths.at(item_set).all_verified(done); });
}

std::vector<RowState> ResultFile::run_states() const
{
    return impl_->read("the runs", [&](auto& tables) { return states_of(tables.runs, true); });
}

std::vector<RowState> ResultFile::column_states(std::size_t item_set) const
{
    return impl_->read("the columns", [&](auto& tables) { return states_of(tables.columns.at(item_set), false); });
}

std::vector<RowState> ResultFile::truth_states(std::size_t item_set) const
{
    return impl_->read("the ground truths", [&](auto& tables) { return states_of(tables.truths.at(item_set), false); });
}

std::vector<std::uint8_t> ResultFile::stage_statuses() const
{
    return impl_->read("the tasks", [&](auto& tables) { return tables.stage_status.template read<std::uint8_t>(); });
}

std::vector<double> ResultFile::read_scalars(std::size_t run) const
{
    return impl_->read("scalars",
                       [&](auto& tables) { return tables.runs.template values<double>(RunField::scalars, run); });
}

std::vector<double> ResultFile::read_metrics(std::size_t item_set, std::size_t run) const
{
    ABLATRIX_EXPECT(item_set < impl_->layout.item_sets.size());
    return impl_->read("metrics", [&](auto& tables) {
        return tables.runs.template values<double>(RunField::first_metrics + item_set, run);
    });
}

Truth ResultFile::read_truth(std::size_t item_set, std::size_t truth) const
{
    return impl_->read("ground truth " + std::to_string(truth), [&](auto& tables) {
        RowTable const& truths = tables.truths.at(item_set);
        auto const length = truths.value<std::int64_t>(TruthField::length, truth);
        return Truth{first(truths.values<std::int64_t>(TruthField::item, truth), length),
                     first(truths.values<std::int32_t>(TruthField::clean, truth), length),
                     first(truths.values<std::int32_t>(TruthField::observed, truth), length),
                     first(truths.values<std::uint8_t>(TruthField::is_noisy, truth), length)};
    });
}

Column ResultFile::read_column(std::size_t item_set, std::size_t column) const
{
    return impl_->read("column " + std::to_string(column), [&](auto& tables) {
        auto const& set = impl_->set(item_set);
        RowTable const& columns = tables.columns.at(item_set);
        auto const length = columns.value<std::int64_t>(ColumnField::length, column);
        Column values;
        if (set.kind == ColumnKind::score)
            values.scores = first(columns.values<double>(ColumnField::values, column), length);
        else
            values.predictions = first(columns.values<std::int32_t>(ColumnField::values, column), length);
        values.metrics = columns.values<double>(ColumnField::metrics, column);
        if (set.curves) {
            values.roc = columns.values<double>(ColumnField::roc, column);
            values.pr = columns.values<double>(ColumnField::pr, column);
        }
        if (set.has_confidence)
            values.confidence = first(columns.values<double>(ColumnField::confidence(set), column), length);
        return values;
    });
}

StageRecord ResultFile::read_stage(std::size_t stage) const
{
    auto const get = [&]<typename T>(h5::Dataset const& dataset, T& value) {
        value = dataset.read<T>(h5::Box::rows(dataset.shape(), stage)).front();
    };
    ABLATRIX_EXPECT(stage < impl_->layout.stages.size());
    return impl_->read("stage " + std::to_string(stage), [&](auto& tables) {
        StageRecord record;
        get(tables.stage_attempts, record.attempts);
        get(tables.stage_worker, record.worker);
        get(tables.stage_seconds, record.seconds);
        get(tables.stage_bytes, record.bytes);
        get(tables.stage_status, record.status);
        return record;
    });
}

}  // namespace ablatrix::store
