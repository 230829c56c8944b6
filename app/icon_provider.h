// SPDX-License-Identifier: GPL-3.0-or-later
// How does an icon get its colour? image://icon/NAME/RRGGBB renders resources/icons/NAME.svg with
// currentColor replaced, at the size in device pixels that QML asks for.
#pragma once

#include <QQuickImageProvider>

class IconProvider : public QQuickImageProvider {
 public:
  IconProvider();
  QPixmap requestPixmap(const QString& id, QSize* size, const QSize& requestedSize) override;
};
