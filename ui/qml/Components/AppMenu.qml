// SPDX-License-Identifier: GPL-3.0-or-later
import QtQuick
import QtQuick.Templates as T
import Greylag

T.Menu {
    id: root

    implicitWidth: Math.max(190, contentItem.implicitWidth + leftPadding + rightPadding)
    implicitHeight: contentHeight + topPadding + bottomPadding
    margins: 8
    padding: 5
    delegate: AppMenuItem {}

    contentItem: ListView {
        implicitHeight: contentHeight
        implicitWidth: {
            let widest = 0;
            for (let i = 0; i < count; ++i)
                widest = Math.max(widest, itemAtIndex(i) ? itemAtIndex(i).implicitWidth : 0);
            return widest;
        }
        model: root.contentModel
        interactive: false
        currentIndex: root.currentIndex
    }
    background: Rectangle {
        radius: Theme.radius
        color: Theme.surfaceRaised
        border.width: 1
        border.color: Theme.borderStrong
    }
}
