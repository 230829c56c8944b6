// SPDX-License-Identifier: GPL-3.0-or-later
// One page, one picture.
#include "app/screenshots.h"

#include <QCoreApplication>
#include <QDir>
#include <QImage>
#include <QQmlApplicationEngine>
#include <QQuickWindow>

#include "app/engine/engine_state.h"

namespace {
constexpr int kSettleMs = 1500;  // data arrived, animations ended
}

void showPage(QQmlApplicationEngine* engine, const QString& page) {
  if (!page.isEmpty()) {
    QMetaObject::invokeMethod(engine->rootObjects().first(), "showPage", Q_ARG(QVariant, page));
  }
}

Screenshots::Screenshots(QQmlApplicationEngine* engine, EngineState* state, const QString& folder,
                         const QString& page)
    : m_engine(engine), m_state(state), m_folder(folder) {
  QDir().mkpath(folder);
  if (page.isEmpty()) {
    const QVariantList pages = engine->rootObjects().first()->property("pages").toList();
    for (const QVariant& entry : pages) {
      m_left.append(entry.toMap().value(QStringLiteral("name")).toString());
    }
  } else {
    m_left.append(page);
  }
  m_settle.setSingleShot(true);
  m_settle.setInterval(kSettleMs);
  connect(&m_settle, &QTimer::timeout, this, &Screenshots::grab);
  if (state->isConnected()) {
    visitNext();
    return;
  }
  connect(state, &EngineState::phaseChanged, this, [this] {
    const bool isSettled = m_state->isConnected() || m_state->phase() == QLatin1String("failed");
    if (isSettled && m_current.isEmpty()) {
      visitNext();
    }
  });
}

void Screenshots::visitNext() {
  if (m_left.isEmpty()) {
    QCoreApplication::quit();
    return;
  }
  m_current = m_left.takeFirst();
  showPage(m_engine, m_current);
  m_settle.start();
}

void Screenshots::grab() {
  auto* window = qobject_cast<QQuickWindow*>(m_engine->rootObjects().first());
  const QString file = QDir(m_folder).filePath(m_current + QStringLiteral(".png"));
  if (!window || !window->grabWindow().save(file)) {
    qWarning("app %s could not be written", qPrintable(file));
  }
  visitNext();
}
