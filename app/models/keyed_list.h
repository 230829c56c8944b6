// SPDX-License-Identifier: GPL-3.0-or-later
// A list model over protocol structs that have a key. The engine sends whole lists and single rows;
// views must see only what changed: rows are inserted, moved and removed one by one, and
// dataChanged names the roles whose value differs. GUI thread only.
#pragma once

#include <QAbstractListModel>
#include <QByteArray>
#include <QHash>
#include <QString>
#include <QVariant>
#include <algorithm>
#include <utility>
#include <vector>

template <typename T>
class KeyedList : public QAbstractListModel {
 public:
  // Roles count from Qt::UserRole + 1 in the order of `names`.
  explicit KeyedList(const QList<QByteArray>& names, QObject* parent = nullptr)
      : QAbstractListModel(parent) {
    int role = Qt::UserRole;
    for (const QByteArray& name : names) m_roleNames.insert(++role, name);
  }

  int rowCount(const QModelIndex& parent = {}) const override {
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
  }
  QHash<int, QByteArray> roleNames() const override { return m_roleNames; }
  QVariant data(const QModelIndex& index, int role) const override {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
    if (!m_roleNames.contains(role)) return {};
    return value(m_rows[static_cast<size_t>(index.row())], role);
  }

  const std::vector<T>& rows() const { return m_rows; }
  int indexOf(const QString& key) const {
    for (size_t i = 0; i < m_rows.size(); ++i) {
      if (keyOf(m_rows[i]) == key) return static_cast<int>(i);
    }
    return -1;
  }
  const T* find(const QString& key) const {
    const int row = indexOf(key);
    return row < 0 ? nullptr : &m_rows[static_cast<size_t>(row)];
  }

  // The list becomes `rows`, in this order. Keys must be unique; later twins are dropped.
  void setRows(std::vector<T> rows) {
    removeMissing(rows);
    int position = 0;
    for (T& row : rows) {
      const int found = indexOf(keyOf(row));
      if (found >= 0 && found < position) continue;
      if (found < 0) {
        insertAt(position, std::move(row));
      } else {
        moveTo(found, position);
        assign(position, std::move(row));
      }
      ++position;
    }
  }

  // Changes the row with this key, or adds it at the end (or in front).
  void upsert(T row, bool isFront = false) {
    const int found = indexOf(keyOf(row));
    if (found >= 0) {
      assign(found, std::move(row));
    } else {
      insertAt(isFront ? 0 : rowCount(), std::move(row));
    }
  }

  void remove(const QString& key) {
    const int row = indexOf(key);
    if (row < 0) return;
    beginRemoveRows({}, row, row);
    m_rows.erase(m_rows.begin() + row);
    endRemoveRows();
  }

 protected:
  virtual QString keyOf(const T& row) const = 0;
  virtual QVariant value(const T& row, int role) const = 0;

 private:
  void removeMissing(const std::vector<T>& rows) {
    for (int i = rowCount() - 1; i >= 0; --i) {
      const QString key = keyOf(m_rows[static_cast<size_t>(i)]);
      const bool stays =
          std::any_of(rows.begin(), rows.end(), [&](const T& row) { return keyOf(row) == key; });
      if (!stays) remove(key);
    }
  }
  void insertAt(int position, T row) {
    beginInsertRows({}, position, position);
    m_rows.insert(m_rows.begin() + position, std::move(row));
    endInsertRows();
  }
  void moveTo(int from, int to) {
    if (from == to) return;  // callers only move towards the front
    beginMoveRows({}, from, from, {}, to);
    std::rotate(m_rows.begin() + to, m_rows.begin() + from, m_rows.begin() + from + 1);
    endMoveRows();
  }
  void assign(int position, T row) {
    QList<int> roles;
    const T before = std::exchange(m_rows[static_cast<size_t>(position)], std::move(row));
    const T& after = m_rows[static_cast<size_t>(position)];
    for (auto it = m_roleNames.keyBegin(); it != m_roleNames.keyEnd(); ++it) {
      if (value(before, *it) != value(after, *it)) roles.append(*it);
    }
    if (!roles.isEmpty()) emit dataChanged(index(position), index(position), roles);
  }

  QHash<int, QByteArray> m_roleNames;
  std::vector<T> m_rows;
};
