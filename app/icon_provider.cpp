// SPDX-License-Identifier: GPL-3.0-or-later
// Renders the program's own line icons.
#include "app/icon_provider.h"

#include <QFile>
#include <QPainter>
#include <QSvgRenderer>

IconProvider::IconProvider() : QQuickImageProvider(QQuickImageProvider::Pixmap) {}

QPixmap IconProvider::requestPixmap(const QString& id, QSize* size, const QSize& requestedSize) {
  const QString name = id.section(QLatin1Char('/'), 0, 0);
  const QByteArray colour = "#" + id.section(QLatin1Char('/'), 1, 1).toLatin1();
  const int edge = requestedSize.width() > 0 ? requestedSize.width() : 24;
  QPixmap pixmap(edge, edge);
  pixmap.fill(Qt::transparent);
  QFile file(QStringLiteral(":/icons/%1.svg").arg(name));
  if (file.open(QIODevice::ReadOnly)) {
    QSvgRenderer renderer(file.readAll().replace("currentColor", colour));
    QPainter painter(&pixmap);
    painter.setRenderHint(QPainter::Antialiasing);
    renderer.render(&painter, QRectF(0, 0, edge, edge));
  } else {
    qWarning("app no icon named %s", qPrintable(name));
  }
  *size = pixmap.size();
  return pixmap;
}
