// SPDX-License-Identifier: GPL-3.0-or-later
// A page: heading, a quiet line below, actions on the right, content that scrolls below it.
// `content` is a column; set isScrolling false for a page that fills the height by itself.
import QtQuick
import QtQuick.Layouts
import QtQuick.Templates as T
import Greylag

Item {
    id: root

    property string title
    property string subtitle
    property int maximumWidth: 1080
    property alias actions: actionRow.data
    property alias spacing: column.spacing
    default property alias content: column.data
    readonly property Item focusItem: root.Window.activeFocusItem

    // What gets the focus by Tab comes into view.
    onFocusItemChanged: {
        const item = root.focusItem;
        if (!item || ![Qt.TabFocusReason, Qt.BacktabFocusReason].includes(item["focusReason"]))
            return;
        let above = item;
        while (above && above !== column)
            above = above.parent;
        if (!above)
            return;
        const top = item.mapToItem(frame, 0, 0).y - Theme.l;
        const bottom = top + item.height + 2 * Theme.l;
        if (top < view.contentY)
            view.contentY = Math.max(0, top);
        else if (bottom > view.contentY + view.height)
            view.contentY = Math.min(bottom, view.contentHeight) - view.height;
    }

    Flickable {
        id: view

        anchors.fill: parent
        contentWidth: width
        contentHeight: frame.height
        boundsBehavior: Flickable.StopAtBounds
        clip: true
        T.ScrollBar.vertical: AppScrollBar {}

        Item {
            id: frame

            readonly property int side: Math.max(Theme.xl, (view.width - root.maximumWidth) / 2)

            width: view.width
            height: Math.max(view.height, column.y + column.implicitHeight + Theme.xxl)

            RowLayout {
                id: head

                x: frame.side
                y: Theme.xl + 4
                width: parent.width - 2 * frame.side
                spacing: Theme.m

                ColumnLayout {
                    Layout.fillWidth: true
                    spacing: 2

                    Heading {
                        Layout.fillWidth: true
                        level: 1
                        text: root.title
                    }
                    Body {
                        Layout.fillWidth: true
                        visible: root.subtitle !== ""
                        muted: true
                        text: root.subtitle
                    }
                }
                RowLayout {
                    id: actionRow

                    Layout.alignment: Qt.AlignVCenter
                    spacing: Theme.s
                }
            }
            ColumnLayout {
                id: column

                x: frame.side
                y: head.y + head.height + Theme.xl - 4
                width: parent.width - 2 * frame.side
                spacing: Theme.l
            }
        }
    }
}
